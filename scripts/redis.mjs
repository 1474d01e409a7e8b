#!/usr/bin/env node
// Deploys Redis, where relays wait between relayer and miner until they are claimed and proved.
import {
  composeFile,
  envTemplate,
  privatePorts,
  runRole,
  settingFlags,
  sh,
  stack,
  sysctl,
} from '../lib/index.mjs';
import { images } from './images.mjs';

/** @type {import('../lib/role.ts').Role} */
export const redis = {
  name: 'redis',
  summary:
    'Redis for the RelayMiner: no eviction, a memory limit, an append-only file, a password.',
  steps: ({ deployment, host, secrets }) => [
    // A background save forks; without overcommit the fork fails on a host whose memory is more than half used.
    sysctl('pocket-redis', { 'vm.overcommit_memory': 1, 'net.core.somaxconn': 1024 }),
    ...stack({
      name: 'redis',
      env: envTemplate('redis', { image: deployment.images.redis }),
      publish: { redis: privatePorts(deployment, host, 'redis') },
      files: [
        {
          path: 'config/redis.conf',
          content: composeFile('redis/redis.conf'),
          owner: READER,
          mode: '440',
        },
        {
          path: 'config/memory.conf',
          content: memory(deployment.profile.redis.maxmemory),
          owner: READER,
          mode: '440',
        },
        {
          path: 'config/password.conf',
          content: `requirepass ${JSON.stringify(secrets.get('redis_password').reveal())}\n`,
          owner: READER,
          mode: '400',
        },
      ],
    }),
  ],
};

// The user that the image runs Redis as; it reads its configuration itself. Source: docker-library/redis, Dockerfile, 8.
const READER = /** @type {const} */ ('999:0');

/**
 * The memory limit: what the profile says, else a quarter of the host's memory, at least 512 MiB (below 256 MiB the
 * RelayMiner stops admitting relays) and at most 12 GiB (what upstream measured 50 suppliers with).
 * @param {string | undefined} given
 */
function memory(given) {
  if (given) return `maxmemory ${given}\n`;
  return sh`
    awk '/^MemTotal:/ {
      m = int($2 / 1024 / 256 + 0.5) * 64 # a quarter, of what differs a little from boot to boot
      print "maxmemory " (m < 512 ? 512 : m > 12288 ? 12288 : m) "mb"
    }' /proc/meminfo`;
}

if (import.meta.main) {
  await runRole(redis, {
    others: [images],
    flags: settingFlags({ 'redis.maxmemory': 'SIZE', 'images.redis': 'IMAGE' }),
  });
}
