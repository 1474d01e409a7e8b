#!/usr/bin/env node
// Deploys Redis, where relays wait between relayer and miner until they are claimed and proved: one, or a primary with
// replicas and Sentinels, which make a replica the primary when that is gone.
import {
  composeFile,
  envTemplate,
  inTurns,
  privatePorts,
  REDIS_KERNEL,
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
    'Redis for the RelayMiner: no eviction, a memory limit, an append-only file, a password; Sentinels where it has replicas.',
  // An empty Redis would begin as the primary of the one that is refused, and of all it has.
  together: true,
  steps: (context) => {
    const { deployment, host } = context;
    const hosts = deployment.publishers('sentinel').map(privateAddress);
    const of = { address: hosts.length > 0 ? privateAddress(host) : '', hosts };
    return [
      sysctl('pocket-redis', REDIS_KERNEL),
      ...(hosts.length > 0 ? inTurns(server(context, of)) : server(context, of)),
      ...(hosts.length > 0 ? sentinel(context, of) : []),
    ];
  },
};

/**
 * This host's private address, and those of all that run a Redis and a Sentinel: none where there is only one Redis.
 * @typedef {{ address: string, hosts: string[] }} Place
 */

// The user that the image runs Redis as; it reads its configuration itself. Source: docker-library/redis, Dockerfile, 8.
const READER = /** @type {const} */ ('999:0');

/**
 * @param {import('../lib/role.ts').RoleContext} context
 * @param {Place} place
 */
function server({ deployment, host, secrets }, { address, hosts }) {
  const quoted = JSON.stringify(secrets.get('redis_password').reveal());
  const primaryToo = hosts.length > 0 ? `masterauth ${quoted}\n` : '';
  return stack({
    name: 'redis',
    env: envTemplate('redis', {
      image: deployment.images.redis,
      address,
      hosts: hosts.join(' '),
    }),
    publish: { redis: privatePorts(deployment, host, 'redis') },
    files: [
      readable('config/redis.conf', composeFile('redis/redis.conf')),
      readable('config/memory.conf', memory(deployment.profile.redis.maxmemory)),
      readable('config/password.conf', `requirepass ${quoted}\n${primaryToo}`, '400'),
      readable('config/replication.conf', replication(address)),
      readable('config/start.sh', composeFile('redis/start.sh')),
      readable('config/sentinels.sh', composeFile('redis/sentinels.sh')),
      readable('config/turns.sh', composeFile('redis/turns.sh')),
    ],
  });
}

/**
 * @param {import('../lib/role.ts').RoleContext} context
 * @param {Place} place
 */
function sentinel({ deployment, host, secrets }, { address, hosts }) {
  const password = JSON.stringify(secrets.get('redis_password').reveal());
  return stack({
    name: 'redis-sentinel',
    env: envTemplate('redis-sentinel', {
      image: deployment.images.redis,
      address,
      hosts: hosts.join(' '),
    }),
    publish: { sentinel: privatePorts(deployment, host, 'sentinel') },
    files: [
      readable('config/sentinel.conf', composeFile('redis-sentinel/sentinel.conf')),
      readable('config/password.conf', `sentinel auth-pass pocket ${password}\n`, '400'),
      readable('config/start.sh', composeFile('redis-sentinel/start.sh')),
      readable('config/sentinels.sh', composeFile('redis/sentinels.sh')),
    ],
  });
}

/**
 * @param {string} path
 * @param {string | import('../lib/shell.ts').Shell} content
 */
function readable(path, content, mode = '440') {
  return { path, content, owner: READER, mode };
}

/**
 * What one of several Redis is to the others. A primary without a replica that keeps up takes no writes: what it would
 * acknowledge, a failover would lose. The backlog lets a replica that was away for a while catch up without a full copy.
 * @param {string} address
 */
function replication(address) {
  if (address === '') return '# One Redis: nothing is replicated.\n';
  return `# One of several: who is the primary is what the Sentinels say.
replica-announce-ip ${address}
replica-announce-port 6379
min-replicas-to-write 1
min-replicas-max-lag 10
repl-backlog-size 64mb
`;
}

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

/** @param {import('../lib/deployment.ts').Host} host */
function privateAddress({ name, privateAddress }) {
  if (privateAddress) return privateAddress;
  throw new Error(`hosts.${name} needs a private_address: other hosts connect to it`);
}

if (import.meta.main) {
  await runRole(redis, {
    others: [images],
    flags: settingFlags({ 'redis.maxmemory': 'SIZE', 'images.redis': 'IMAGE' }),
  });
}
