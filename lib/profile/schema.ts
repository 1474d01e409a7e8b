import * as z from 'zod';
import { isIPv4IfOfDigits, isIPv6IfOfColons } from './address.ts';
import {
  boolean,
  count,
  domain,
  filePath,
  hostPort,
  httpUrl,
  image,
  keyPath,
  oneOf,
  redisUrl,
  reference,
  text,
} from './fields.ts';
import { firewall } from './firewall-schema.ts';
import { middleman, pocketd, provider } from './igniter-schema.ts';
import { DEFAULT_IMAGES, type ImageName } from './images.ts';
import { monitoring } from './monitoring-schema.ts';
import { relayminer } from './relayminer-schema.ts';
import { reverseProxy } from './reverse-proxy-schema.ts';
import { GROUPS, type GroupName, ROLES } from './roles.ts';
import { postgres, redis, temporal } from './state-schema.ts';

/** A fleet of that size is several deployments; every proxy talks to every relayer, so the work grows with its square. */
const MOST_HOSTS = 200;
const HOST_NAME = /^[A-Za-z0-9](?:[A-Za-z0-9._-]{0,62})$/;
const USER = /^[A-Za-z_][A-Za-z0-9._-]{0,31}$/;

const host = z.strictObject({
  address: text(
    'a host name, an IP address, an ssh alias, user@host:port, or localhost (IPv6 in brackets)',
    /^(?:[A-Za-z_][A-Za-z0-9._-]{0,31}@)?(?:\[[0-9A-Fa-f:.]+\]|[0-9A-Fa-f]*:[0-9A-Fa-f:.]*:[0-9A-Fa-f.]*|[A-Za-z0-9_][A-Za-z0-9._-]*)(?::\d{1,5})?$/,
  )
    .refine(isIPv4IfOfDigits, {
      error:
        'an IPv4 address of four numbers up to 255: ssh would complete a shorter one to another machine’s',
    })
    .refine(isIPv6IfOfColons, {
      error: 'a valid IPv6 address, in brackets where a port follows, such as [2001:db8::1]:2222',
    })
    .describe(
      'Where ssh finds the host: name, IP address, alias of your ssh configuration, or user@host:port. localhost means this machine, without ssh.',
    ),
  user: text('a login name', USER).optional().describe('The user ssh logs in as.'),
  port: count(1, 65_535).optional().describe('The port of the ssh server.'),
  identity_file: keyPath
    .optional()
    .describe('The private key ssh uses, relative to this file; ~ is your home.'),
  private_address: z
    .ipv4({ error: 'an IPv4 address of the private network; containers have no other' })
    .optional()
    .describe('The IPv4 address at which the other hosts reach this one; never a public one.'),
  architecture: oneOf(['amd64', 'arm64'])
    .optional()
    .describe('The processor, so that images that do not run there are refused early.'),
});

const groupDescriptions: Record<GroupName, string> = {
  provider_hosts: 'The host that runs Igniter Provider (one).',
  middleman_hosts: 'The host that runs Igniter Middleman, the public staking portal (one).',
  postgres_hosts: 'The host that runs PostgreSQL (one).',
  temporal_hosts: 'The host that runs Temporal (one).',
  redis_hosts:
    'The host that runs Redis (one; with redis.mode sentinel three or more, the first of which is the primary to begin with).',
  relay_relayers: 'The hosts that run a relayer, the relay server.',
  relay_miners: 'The hosts that run a miner, which claims and proves.',
  reverse_proxy_hosts: 'The hosts that receive everything public from the internet, with TLS.',
  monitoring_hosts: 'The host that runs Prometheus and Grafana (one).',
  pocket_cli_hosts: 'The hosts that get pocketd, the command line of the Pocket network.',
};
const group = (name: GroupName) =>
  z
    .array(z.string({ error: 'the name of a host' }), { error: 'a list of host names' })
    .max(MOST_HOSTS, { error: `at most ${MOST_HOSTS} hosts` })
    .default([])
    .describe(groupDescriptions[name]);

const imageDescription = (name: ImageName) =>
  image
    .default(DEFAULT_IMAGES[name])
    .describe(`The ${name.replaceAll('_', ' ')} image, with an exact tag.`);
const images = z.strictObject({
  source: oneOf(['registry', 'bundle'])
    .default('registry')
    .describe('registry: hosts pull the images; bundle: they are loaded from a file.'),
  bundle: filePath.optional().describe('The directory of the bundle.'),
  redis: imageDescription('redis'),
  postgres: imageDescription('postgres'),
  temporal: imageDescription('temporal'),
  temporal_admin_tools: imageDescription('temporal_admin_tools'),
  provider: imageDescription('provider'),
  provider_workflows: imageDescription('provider_workflows'),
  relayminer: imageDescription('relayminer'),
  middleman: imageDescription('middleman'),
  middleman_workflows: imageDescription('middleman_workflows'),
  caddy: imageDescription('caddy'),
  prometheus: imageDescription('prometheus'),
  alertmanager: imageDescription('alertmanager'),
  grafana: imageDescription('grafana'),
  node_exporter: imageDescription('node_exporter'),
  redis_exporter: imageDescription('redis_exporter'),
  postgres_exporter: imageDescription('postgres_exporter'),
  blackbox_exporter: imageDescription('blackbox_exporter'),
});

const secrets = z.strictObject({
  postgres_password: reference.optional().describe('The password of PostgreSQL.'),
  redis_password: reference.optional().describe('The password of Redis.'),
  app_identity: reference
    .optional()
    .describe('The Provider’s own private key: 64 hexadecimal digits.'),
  encryption_key: reference
    .optional()
    .describe('Encrypts the supplier keys in the database: 64 hexadecimal digits.'),
  encryption_iv: reference
    .optional()
    .describe('The initialization vector of that encryption: 32 hexadecimal digits.'),
  auth_secret: reference.optional().describe('Signs the portal’s sessions: 48 characters or more.'),
  middleman_app_identity: reference
    .optional()
    .describe('The Middleman’s own private key, which signs what it asks of Providers.'),
  middleman_auth_secret: reference
    .optional()
    .describe('Signs the sessions of the Middleman: 48 characters or more.'),
  middleman_notification_key: reference
    .optional()
    .describe(
      'Encrypts what the Middleman’s users give it for notifications: 64 hexadecimal digits.',
    ),
  simulation_application_key: reference
    .optional()
    .describe(
      'The application’s private key of simulated relays, which owns nothing on chain: 64 hexadecimal digits.',
    ),
  simulation_gateway_key: reference
    .optional()
    .describe(
      'The gateway’s private key of simulated relays, which owns nothing on chain: 64 hexadecimal digits.',
    ),
  grafana_admin_password: reference.optional().describe('The password of the Grafana user admin.'),
  alert_webhook_url: reference
    .optional()
    .describe('Where alerts are sent with monitoring.alerts: [webhook]. Never generated.'),
  alert_slack_url: reference
    .optional()
    .describe('The incoming webhook of Slack for monitoring.alerts: [slack]. Never generated.'),
  alert_pagerduty_key: reference
    .optional()
    .describe('The routing key of PagerDuty for monitoring.alerts: [pagerduty]. Never generated.'),
});

const role = oneOf(ROLES);
const stages = z
  .array(z.union([role, z.array(role, { error: 'a role or a list of roles' }).min(1)]), {
    error: 'a list of stages, each a role or a list of roles',
  })
  .optional()
  .describe('The stages of a deploy, in order; roles within one stage run side by side.');

/** The whole manifest. Every key is lower snake case, every object strict, every property described. */
export const profileSchema = z.strictObject(
  {
    name: text('a name of lower case letters, digits and dashes', /^[a-z0-9][a-z0-9-]{0,62}$/)
      .optional()
      .describe('The deployment’s name. Default: the name of this file.'),
    extends: filePath
      .optional()
      .describe('Another profile, relative to this one, whose values hold where this has none.'),
    pocket_network: oneOf(['main', 'beta', 'local']).describe('The Pocket network to serve.'),
    pocket_chain_id: text('a chain id such as pocket', /^[A-Za-z0-9._-]{1,64}$/)
      .optional()
      .describe('The chain id the network’s nodes report. Default: the network’s.'),
    pocket_rpc_url: httpUrl.optional().describe('CometBFT RPC of a Pocket node (port 26657).'),
    pocket_grpc_address: hostPort
      .optional()
      .describe('gRPC of a Pocket node: host:port without a scheme.'),
    pocket_grpc_insecure: boolean
      .optional()
      .describe('true when gRPC is without TLS. Default: false at port 443, else true.'),
    pocket_api_url: httpUrl.optional().describe('REST API of a Pocket node (port 1317).'),
    indexer_url: httpUrl.optional().describe('The GraphQL indexer that the Provider asks.'),
    relay_public_domain: domain
      .optional()
      .describe('The public name under which relays arrive, which is what is staked on chain.'),
    provider_domain: domain
      .optional()
      .describe(
        'The name of the Provider’s portal at the proxy, only for those whom reverse_proxy lets in. Default: not at the proxy at all.',
      ),
    provider_public_api_domain: domain
      .optional()
      .describe('The public name of the Provider’s API, which Middlemen call.'),
    middleman_domain: domain.optional().describe('The public name of the Middleman.'),
    grafana_domain: domain
      .optional()
      .describe('The public name of Grafana, which asks for a password. Default: not public.'),
    redis_url: redisUrl
      .optional()
      .describe(
        'The Redis of redis.mode external, without its password: that is secrets.redis_password. rediss:// is TLS with a certificate of a public authority, since RelayMiner takes no other.',
      ),
    hosts: z
      .record(
        text('a host name of letters, digits, dots, dashes', HOST_NAME),
        z.union([host.shape.address, host], { error: 'an address or a mapping with address' }),
        { error: 'a mapping of host names to addresses' },
      )
      .refine((hosts) => Object.keys(hosts).length <= MOST_HOSTS, {
        error: `at most ${MOST_HOSTS} hosts: more are several deployments`,
      })
      .describe('The hosts, by names of your choice: an address, or a mapping with more.'),
    ...(Object.fromEntries(GROUPS.map((name) => [name, group(name)])) as Record<
      GroupName,
      ReturnType<typeof group>
    >),
    igniter_provider_enabled: boolean
      .optional()
      .describe('Whether Igniter Provider is deployed. Default: when provider_hosts has a host.'),
    igniter_middleman_enabled: boolean
      .optional()
      .describe('Whether Igniter Middleman is deployed. Default: when middleman_hosts has a host.'),
    ha_relayminer_enabled: boolean
      .optional()
      .describe('Whether relayer and miner are deployed. Default: when their groups have hosts.'),
    provider: provider.optional().describe('Igniter Provider.'),
    middleman: middleman.optional().describe('Igniter Middleman.'),
    pocketd: pocketd.prefault({}).describe('pocketd, the command line of the Pocket network.'),
    relayminer: relayminer.optional().describe('HA RelayMiner: keys, services and backends.'),
    redis: redis.prefault({}).describe('Redis.'),
    postgres: postgres.prefault({}).describe('PostgreSQL.'),
    temporal: temporal.prefault({}).describe('Temporal.'),
    reverse_proxy: reverseProxy
      .prefault({})
      .describe('The proxy, through which everything public goes.'),
    firewall: firewall.prefault({}).describe('The firewall of every host.'),
    monitoring: monitoring.prefault({}).describe('Prometheus, Grafana and the exporters.'),
    images: images.prefault({}).describe('Where images come from, and which.'),
    secrets: secrets
      .prefault({})
      .describe('Secrets that come from elsewhere. The others are generated once and kept.'),
    order: stages,
    docker: z
      .strictObject({
        source: oneOf(['official', 'distribution', 'auto'])
          .default('auto')
          .describe('Docker’s own packages, the distribution’s, or whichever can be had.'),
      })
      .prefault({})
      .describe('Docker Engine and Compose.'),
  },
  { error: 'a mapping' },
);

/** A validated manifest, with defaults. */
export type Profile = z.output<typeof profileSchema>;
/** The names of the secrets a deployment generates, or takes from where the profile's `secrets` says. */
export type SecretName = keyof typeof secrets.shape;
/** Every secret's name, in the order in which the store lists them. */
export const SECRET_NAMES = Object.keys(secrets.shape) as SecretName[];
