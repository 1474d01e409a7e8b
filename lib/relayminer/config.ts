import type { Deployment, Host } from '../deployment.ts';
import type { BackendSettings, ServiceSettings } from '../profile/relayminer-schema.ts';
import type { Secrets } from '../secrets/secrets.ts';
import { leaseSeconds, UPSTREAM_LEASE_SECONDS } from './leases.ts';
import { servesSimulatedRelays, simulationConfig } from './simulation.ts';

/**
 * The configuration of a host's relayer, as an object for a YAML library. Only keys that RelayMiner's released line
 * and its predecessor both accept are used: the one refuses what it does not know, the other ignores it.
 * Source: pocket-relay-miner, relayer/config.go, v0.1.x and commit ad37bcbd.
 */
export function relayerConfig(deployment: Deployment, host: Host, secrets: Secrets): object {
  const settings = relayminer(deployment);
  return {
    ...shared(deployment, host, secrets),
    listen_addr: '0.0.0.0:8080',
    health_check: { enabled: true, addr: '0.0.0.0:8081' },
    metrics: { enabled: true, addr: '0.0.0.0:9090' },
    default_validation_mode: settings.default_validation_mode,
    cache_warmup: { enabled: true, known_applications: settings.known_applications },
    services: Object.fromEntries(
      Object.entries(settings.services).map(([id, service]) => [
        id,
        serviceConfig(service, secrets),
      ]),
    ),
    ...(servesSimulatedRelays(deployment) && { simulation: simulationConfig(deployment, secrets) }),
  };
}

/** The configuration of a host's miner. Source: pocket-relay-miner, miner/config.go, v0.1.x and commit ad37bcbd. */
export function minerConfig(deployment: Deployment, host: Host, secrets: Secrets): object {
  const config = shared(deployment, host, secrets);
  const suppliers = secrets.supplierKeys.length;
  const lease = leaseSeconds(suppliers);
  return {
    ...config,
    redis: { ...config.redis, ...poolSize(deployment, suppliers) },
    pocket_node: { ...config.pocket_node, chain_id: deployment.network.chainId },
    metrics: { enabled: true, addr: '0.0.0.0:9092' },
    block_time_seconds: deployment.network.blockTimeSeconds,
    transaction: { gas_price: relayminer(deployment).gas_price },
    ...(lease !== UPSTREAM_LEASE_SECONDS && { supplier_claiming: { claim_ttl_seconds: lease } }),
    known_applications: relayminer(deployment).known_applications,
  };
}

/**
 * Before v0.1, a miner keeps one connection of its pool of 50 waiting for every supplier, and starves without a word
 * when they are more than about 30. The released line sizes its pool itself, and takes an explicit one for a mistake.
 * Source: pocket-relay-miner, transport/redis/client.go and docs/REDIS.md, commit ad37bcbd.
 */
function poolSize({ redisFloor }: Deployment, suppliers: number): { pool_size?: number } {
  return redisFloor === '8.2' && suppliers > 30 ? { pool_size: suppliers + 20 } : {};
}

/** The keys file that relayer and miner share. */
export function keysFile(secrets: Secrets): object {
  return { keys: secrets.supplierKeys.map(({ privateKey }) => privateKey.reveal()) };
}

function shared(deployment: Deployment, host: Host, secrets: Secrets) {
  const { network } = deployment;
  return {
    redis: { url: deployment.redisUrl(host, secrets.find('redis_password')?.reveal()) },
    keys: { keys_file: '/keys/keys.yaml' },
    pocket_node: {
      query_node_rpc_url: network.rpcUrl,
      query_node_grpc_url: network.grpcAddress,
      grpc_insecure: network.grpcInsecure,
    },
    // On by default upstream, on port 6060, for whoever can reach it.
    pprof: { enabled: false },
    logging: { level: relayminer(deployment).log_level, format: 'json', async: true },
  };
}

function serviceConfig(service: ServiceSettings, secrets: Secrets): object {
  return {
    ...service,
    backends: Object.fromEntries(
      Object.entries(service.backends)
        .filter((entry): entry is [string, BackendSettings] => entry[1] !== undefined)
        .map(([transport, backend]) => [transport, backendConfig(backend, secrets)]),
    ),
  };
}

/** A backend without what is ours alone (`chain_id`, which validation asks), its secrets put in. */
function backendConfig({ chain_id: _, ...backend }: BackendSettings, secrets: Secrets): object {
  const resolved = (values: Record<string, string | undefined> | undefined) =>
    values &&
    Object.fromEntries(
      Object.entries(values).map(([key, value]) => [key, value && secrets.resolve(value)]),
    );
  const { headers, authentication, health_check: healthCheck } = backend;
  return {
    ...backend,
    ...(headers && { headers: resolved(headers) }),
    ...(authentication && { authentication: resolved(authentication) }),
    ...(healthCheck && {
      health_check: { ...healthCheck, headers: resolved(healthCheck.headers) },
    }),
  };
}

function relayminer({ profile }: Deployment) {
  if (!profile.relayminer) throw new TypeError('the profile has no relayminer');
  return profile.relayminer;
}
