#!/usr/bin/env node
// Deploys Igniter Provider: its portal and API, and the worker of its workflows.
import {
  envTemplate,
  managedDatabases,
  managedNamespace,
  portalUrl,
  privatePorts,
  runRole,
  savedBeforeUpgrade,
  settingFlags,
  stack,
} from '../lib/index.mjs';
import { images } from './images.mjs';

/** @type {import('../lib/role.ts').Role} */
export const provider = {
  name: 'provider',
  summary:
    'Igniter Provider: database migrated, portal and API on port 3001, worker of its workflows.',
  steps: (context) => {
    const { deployment, host, secrets } = context;
    return [
      ...managedDatabases(context, 'provider'),
      ...managedNamespace(context, 'provider'),
      ...savedBeforeUpgrade(context, 'provider'),
      ...stack({
        name: 'provider',
        waitSeconds: 420,
        env: envTemplate('provider', settings(deployment, host, secrets)),
        publish: { 'provider-web': privatePorts(deployment, host, 'provider-web') },
      }),
    ];
  },
};

/**
 * The values of env-templates/provider.env.
 * @param {import('../lib/deployment.ts').Deployment} deployment
 * @param {import('../lib/deployment.ts').Host} host
 * @param {import('../lib/secrets/secrets.ts').Secrets} secrets
 */
function settings(deployment, host, secrets) {
  const { images, network } = deployment;
  const { provider, temporal } = deployment.profile;
  if (!provider || !network.rpcUrl)
    throw new Error('the role provider needs a profile with provider_hosts');
  return {
    image: images.provider,
    workflows_image: images.provider_workflows,
    log_level: provider.log_level,
    database_url: deployment.databaseUrl(
      host,
      'provider',
      secrets.get('postgres_password').reveal(),
    ),
    temporal_address: deployment.temporalAddress(host),
    workflow_retention_seconds: String(temporal.workflow_retention_seconds),
    owner_identity: provider.owner_identity,
    owner_email: provider.owner_email,
    app_identity: secrets.get('app_identity').reveal(),
    encryption_key: secrets.get('encryption_key').reveal(),
    encryption_iv: secrets.get('encryption_iv').reveal(),
    auth_secret: secrets.get('auth_secret').reveal(),
    auth_url: portalUrl(deployment.profile),
    chain_id: network.chainId,
    rpc_url: network.rpcUrl,
    delegators_url: network.delegatorsUrl,
    minimum_stake_buffer: String(provider.minimum_stake_buffer_upokt),
    // It skips what it cannot read (igniter, packages/notifications/src/egressGuard.ts, v0.9).
    notification_egress_allowlist: provider.notification_egress_allowlist.join(','),
  };
}

if (import.meta.main) {
  await runRole(provider, {
    others: [images],
    // Nobody holds the key of this owner.
    alone:
      '--pocket-network main --provider-owner-identity pokt1s6mfp75w66t7l44hyryaqcma5t2j8fswnl379y --provider-owner-email me@nodes.net',
    flags: settingFlags({
      pocket_network: 'NAME',
      pocket_rpc_url: 'URL',
      pocket_api_url: 'URL',
      'provider.owner_identity': 'ADDRESS',
      'provider.owner_email': 'EMAIL',
      'provider.auth_url': 'URL',
      'postgres.mode': 'MODE',
      'postgres.address': 'HOST:PORT',
      'postgres.user': 'NAME',
      'postgres.sslmode': 'MODE',
      'secrets.postgres_password': 'REFERENCE',
      'temporal.mode': 'MODE',
      'temporal.address': 'HOST:PORT',
      'images.provider': 'IMAGE',
      'images.provider_workflows': 'IMAGE',
    }),
  });
}
