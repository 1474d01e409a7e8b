#!/usr/bin/env node
// Deploys Temporal, which runs the workflows of Provider and Middleman and keeps them in PostgreSQL.
import {
  command,
  composeFile,
  envTemplate,
  managedDatabases,
  privatePorts,
  runRole,
  settingFlags,
  sh,
  sslMode,
  stack,
} from '../lib/index.mjs';
import { images } from './images.mjs';

/** @type {import('../lib/role.ts').Role} */
export const temporal = {
  name: 'temporal',
  summary:
    'Temporal for Igniter: schemas set up, a namespace for each application, no user interface.',
  steps: (context) => {
    const { deployment, host, secrets } = context;
    const database = deployment.endpoint('postgres', host);
    const tls = sslMode(deployment.profile);
    const middleman = deployment.group('middleman_hosts').length > 0;
    return [
      ...managedDatabases(context, 'temporal', 'temporal_visibility'),
      ...stack({
        name: 'temporal',
        services: ['temporal'],
        waitSeconds: 420,
        env: envTemplate('temporal', {
          image: deployment.images.temporal,
          admin_tools_image: deployment.images.temporal_admin_tools,
          postgres_host: database.host,
          postgres_port: String(database.port),
          postgres_user: deployment.profile.postgres.user,
          postgres_password: secrets.get('postgres_password').reveal(),
          tls: String(tls !== 'disable'),
          verified: String(tls === 'verify-full'),
          unverified: String(tls !== 'verify-full'),
          databases_exist: String(deployment.profile.postgres.mode === 'external'),
        }),
        publish: { temporal: privatePorts(deployment, host, 'temporal') },
        files: [{ path: 'setup/namespace.sh', content: composeFile('temporal/namespace.sh') }],
      }),
      ...['provider', ...(middleman ? ['middleman'] : [])].map((name) =>
        namespace(name, deployment.profile.temporal.retention_hours),
      ),
    ];
  },
};

/**
 * A namespace with this retention. The server's own container is asked, which starts nothing; the one-shot that makes
 * it so tells "there is none" from "cannot ask".
 * @param {string} name
 * @param {number} hours
 */
function namespace(name, hours) {
  const compose = sh`docker compose --project-directory /opt/pocket/temporal`;
  return command({
    title: `Create the Temporal namespace ${name}, which keeps finished workflows for ${hours} hours`,
    unless: sh`
      ${compose} exec -T temporal temporal operator namespace describe --namespace ${name} --output json |
        grep -q '"workflowExecutionRetentionTtl": *"'${hours * 3600}'s"'`,
    run: sh`${compose} run --rm -T namespace ${name} ${hours}`,
  });
}

if (import.meta.main) {
  await runRole(temporal, {
    others: [images],
    flags: settingFlags({
      'temporal.retention_hours': 'HOURS',
      'postgres.mode': 'MODE',
      'postgres.address': 'HOST:PORT',
      'postgres.user': 'NAME',
      'postgres.sslmode': 'MODE',
      'secrets.postgres_password': 'REFERENCE',
      'images.temporal': 'IMAGE',
      'images.temporal_admin_tools': 'IMAGE',
    }),
  });
}
