#!/usr/bin/env node
// Deploys Igniter Middleman: the public portal where owners of POKT stake, and the worker of its workflows.
import {
  authorityFrom,
  envTemplate,
  managedDatabases,
  managedNamespace,
  privatePorts,
  proxiedNames,
  runRole,
  STAKE_BUFFER_UPOKT,
  savedBeforeUpgrade,
  settingFlags,
  stack,
} from '../lib/index.mjs';
import { images } from './images.mjs';

/** @type {import('../lib/role.ts').Role} */
export const middleman = {
  name: 'middleman',
  summary: 'Igniter Middleman: database migrated, portal on port 3000, worker of its workflows.',
  steps: (context) => {
    const { deployment, host, secrets } = context;
    const hosts = proxiedNames(deployment, host);
    const authority = deployment.profile.middleman?.trusted_authority;
    return [
      ...managedDatabases(context, 'middleman'),
      ...managedNamespace(context, 'middleman'),
      ...savedBeforeUpgrade(context, 'middleman'),
      ...stack({
        name: 'middleman',
        waitSeconds: 420,
        env: envTemplate('middleman', settings(deployment, host, secrets)),
        publish: { 'middleman-web': privatePorts(deployment, host, 'middleman-web') },
        files: [
          {
            path: 'trust/authorities.pem',
            content: `# Trusted besides the public authorities.\n${authority ? authorityFrom('middleman.trusted_authority', authority) : ''}`,
          },
        ],
        hosts: { 'middleman-web': hosts, 'middleman-workflows': hosts },
      }),
    ];
  },
};

/**
 * The values of env-templates/middleman.env.
 * @param {import('../lib/deployment.ts').Deployment} deployment
 * @param {import('../lib/deployment.ts').Host} host
 * @param {import('../lib/secrets/secrets.ts').Secrets} secrets
 */
function settings(deployment, host, secrets) {
  const { images, network } = deployment;
  const { middleman, middleman_domain: domain, provider, temporal } = deployment.profile;
  if (!middleman || !domain || !network.rpcUrl)
    throw new Error('the role middleman needs a profile with middleman_hosts');
  const buffer =
    middleman.minimum_stake_buffer_upokt ??
    provider?.minimum_stake_buffer_upokt ??
    STAKE_BUFFER_UPOKT;
  return {
    image: images.middleman,
    workflows_image: images.middleman_workflows,
    log_level: middleman.log_level,
    database_url: deployment.databaseUrl(
      host,
      'middleman',
      secrets.get('postgres_password').reveal(),
    ),
    temporal_address: deployment.temporalAddress(host),
    workflow_retention_seconds: String(temporal.workflow_retention_seconds),
    owner_identity: middleman.owner_identity,
    owner_email: middleman.owner_email,
    app_identity: secrets.get('middleman_app_identity').reveal(),
    notification_key: secrets.get('middleman_notification_key').reveal(),
    auth_secret: secrets.get('middleman_auth_secret').reveal(),
    authorities: middleman.trusted_authority ? '/etc/pocket/trust/authorities.pem' : '',
    auth_url: `https://${domain}`,
    chain_id: network.chainId,
    rpc_url: network.rpcUrl,
    providers_url: network.providersUrl,
    minimum_stake_buffer: String(buffer),
  };
}

if (import.meta.main) {
  await runRole(middleman, {
    others: [images],
    profile: 'provider-plus-public-middleman',
    // Nobody holds the key of this owner.
    alone:
      '--pocket-network main --middleman-domain stake.nodes.net --middleman-owner-identity pokt1s6mfp75w66t7l44hyryaqcma5t2j8fswnl379y --middleman-owner-email me@nodes.net',
    flags: settingFlags({
      pocket_network: 'NAME',
      pocket_rpc_url: 'URL',
      pocket_api_url: 'URL',
      middleman_domain: 'NAME',
      'middleman.owner_identity': 'ADDRESS',
      'middleman.owner_email': 'EMAIL',
      'middleman.providers_url': 'URL',
      'middleman.trusted_authority': 'FILE',
      'postgres.mode': 'MODE',
      'postgres.address': 'HOST:PORT',
      'postgres.user': 'NAME',
      'postgres.sslmode': 'MODE',
      'secrets.postgres_password': 'REFERENCE',
      'temporal.mode': 'MODE',
      'temporal.address': 'HOST:PORT',
      'images.middleman': 'IMAGE',
      'images.middleman_workflows': 'IMAGE',
    }),
  });
}
