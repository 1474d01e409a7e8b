#!/usr/bin/env node
// Deploys the exporters: what Prometheus asks about a host, and about the Redis and the PostgreSQL on it.
import {
  envTemplate,
  nodeExporterListen,
  postgresSource,
  privatePorts,
  redisSource,
  runRole,
  runsExporter,
  settingFlags,
  stack,
  withGateway,
} from '../lib/index.mjs';
import { images } from './images.mjs';

/** @type {import('../lib/role.ts').Role} */
export const exporters = {
  name: 'exporters',
  summary:
    'The exporters that Prometheus scrapes: of the host, and of the Redis and the PostgreSQL on it.',
  steps: ({ deployment, host, secrets }) => {
    const redis = runsExporter(deployment, host, 'redis-exporter');
    const postgres = runsExporter(deployment, host, 'postgres-exporter');
    const address = redis ? redisSource(deployment, host) : NONE;
    const redisPassword = redis && secrets.find('redis_password');
    const env = envTemplate('exporters', {
      node_exporter_image: deployment.images.node_exporter,
      redis_exporter_image: deployment.images.redis_exporter,
      postgres_exporter_image: deployment.images.postgres_exporter,
      node_exporter_listen: nodeExporterListen(deployment, host),
      redis_address: address,
      postgres_source: postgres ? postgresSource(deployment, host) : NONE,
      postgres_user: deployment.profile.postgres.user,
    });
    const monitor = deployment.group('monitoring_hosts').some(({ name }) => name === host.name);
    return stack({
      name: 'exporters',
      env: monitor ? withGateway(env) : env,
      services: [
        'node-exporter',
        ...(redis ? ['redis-exporter'] : []),
        ...(postgres ? ['postgres-exporter'] : []),
      ],
      files: [
        ...(redis
          ? [
              {
                path: 'redis/passwords.json',
                content: `${JSON.stringify(redisPassword ? { [address]: redisPassword.reveal() } : {})}\n`,
                owner: REDIS_READER,
                mode: '400',
              },
            ]
          : []),
        ...(postgres
          ? [
              {
                path: 'postgres/password',
                content: `${secrets.get('postgres_password').reveal()}\n`,
                owner: NOBODY,
                mode: '400',
              },
            ]
          : []),
      ],
      publish: {
        'redis-exporter': privatePorts(deployment, host, 'redis-exporter'),
        'postgres-exporter': privatePorts(deployment, host, 'postgres-exporter'),
      },
    });
  },
};

// What stands where a host has nothing to ask: the compose file wants a value, and no such container is started.
const NONE = 'none';
// The users that the images run as. Sources: redis_exporter, docker/Dockerfile, v1.74; postgres_exporter, Dockerfile, v0.17.
const REDIS_READER = /** @type {const} */ ('59000:59000');
const NOBODY = /** @type {const} */ ('65534:65534');

if (import.meta.main) {
  await runRole(exporters, {
    others: [images],
    flags: settingFlags({ 'images.node_exporter': 'IMAGE' }),
  });
}
