import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { get as httpGet } from 'node:http';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { stringify } from 'yaml';
import { type Deployment, loadDeployment } from '../../lib/deployment.ts';
import { proxyFiles } from '../../lib/proxy/files.ts';
import { sitesOf } from '../../lib/proxy/sites.ts';
import { loadSecrets, type Secrets } from '../../lib/secrets/secrets.ts';
import { cachePath } from '../fleet/cache.ts';
import { OWNER } from '../unit/profile/temporary.ts';
import { open } from './client.ts';
import { ends } from './ending.ts';
import type { network } from './network.ts';

/** Of the version that a deploy uses where the profile names no other. */
export const CADDY = cachePath('caddy', 'caddy');

/** Why these tests cannot run here, or false. */
export const skip = existsSync(CADDY) ? false : 'node tests/setup.ts unit brings Caddy';

/** A real Caddy with the configuration that a profile comes to. */
export interface RunningProxy {
  deployment: Deployment;
  secrets: Secrets;
  https: number;
  http: number;
  /** Where its configuration is. */
  directory: string;
  /** What it has logged so far. */
  log(): string;
  /** Takes over the configuration that changed settings come to, as a deploy does it. */
  reload(changes?: Record<string, unknown>): void;
  /** What its admin endpoint answers. */
  admin(path: string): Promise<unknown>;
  /** Ends it as `docker stop` does, and waits for it. */
  stop(): Promise<number | null>;
}

/** The private network of the profile, in whose place there are addresses of loopback. */
const PRIVATE = '10.201.7.';

/** Everything that a proxy can stand in front of, each at an address of its own. */
function profile() {
  const host = (last: number) => ({
    address: `198.51.100.${last}`,
    private_address: `${PRIVATE}${last}`,
  });
  const owner = { owner_identity: OWNER, owner_email: 'me@nodes.net' };
  return {
    pocket_network: 'main',
    hosts: {
      edge: host(1),
      relayer1: host(11),
      relayer2: host(12),
      data: host(20),
      provider: host(21),
      middleman: host(22),
      watch: host(23),
    },
    reverse_proxy_hosts: ['edge'],
    relay_relayers: ['relayer1', 'relayer2'],
    relay_miners: ['data'],
    redis_hosts: ['data'],
    postgres_hosts: ['data'],
    temporal_hosts: ['data'],
    provider_hosts: ['provider'],
    middleman_hosts: ['middleman'],
    monitoring_hosts: ['watch'],
    relay_public_domain: 'relay.nodes.net',
    provider_public_api_domain: 'api.nodes.net',
    middleman_domain: 'stake.nodes.net',
    grafana_domain: 'grafana.nodes.net',
    reverse_proxy: { tls: 'internal' },
    provider: owner,
    middleman: owner,
    relayminer: {
      keys_file: 'keys.yaml',
      services: { eth: { backends: { jsonrpc: { url: 'http://192.0.2.90:8545' } } } },
    },
  };
}

/**
 * Starts Caddy with a profile's configuration, at ports of its own, and ends it with endAll.
 * @param changes keys of the profile that are otherwise
 */
export async function startProxy(
  net: ReturnType<typeof network>,
  changes: Record<string, unknown> = {},
): Promise<RunningProxy> {
  const root = mkdtempSync(join(tmpdir(), 'pocket-proxy-'));
  const [http = 0, https = 0, admin = 0, asked = 0] = await freePorts(4);
  const directory = join(root, 'in-use');
  const environment = {
    PATH: `${dirname(CADDY)}:${process.env.PATH}`,
    HOME: root,
    XDG_DATA_HOME: join(root, 'data'),
    XDG_CONFIG_HOME: join(root, 'config'),
  };
  writeFileSync(join(root, 'keys.yaml'), `keys: ["${'11'.repeat(32)}"]\n`, { mode: 0o600 });

  const configure = (more: Record<string, unknown>) => {
    const path = join(root, 'p.yaml');
    writeFileSync(path, stringify({ ...profile(), ...changes, ...more }));
    const deployment = loadDeployment(path, { root });
    const secrets = loadSecrets(deployment, { create: true });
    rmSync(directory, { recursive: true, force: true });
    mkdirSync(directory);
    for (const { path: name, content } of proxyFiles(
      deployment,
      deployment.host('edge'),
      secrets,
    )) {
      // What Docker's proxy would be known by.
      const written = typeof content === 'string' ? content : `GATEWAY='${net(99)}'\n`;
      mkdirSync(dirname(join(directory, name)), { recursive: true });
      const here = written
        .replaceAll(PRIVATE, net(0).slice(0, -1))
        .replaceAll('127.0.0.1:2020', `127.0.0.1:${asked}`);
      writeFileSync(join(directory, name), here.replace(/^\{$/m, ports(http, https, admin)));
    }
    const password = deployment.profile.reverse_proxy.provider_admin?.password;
    if (password) {
      const input = `${secrets.resolve(password)}\n`;
      const hash = execFileSync(CADDY, ['hash-password'], { input, encoding: 'utf8' }).trim();
      writeFileSync(join(directory, 'password.env'), `PORTAL_PASSWORD_HASH='${hash}'\n`);
    }
    chmodSync(join(directory, 'values.env'), 0o600);
    return { deployment, secrets };
  };

  const { deployment, secrets } = configure({});
  const script = join(directory, 'configured-caddy');
  const child = spawn('sh', [script, 'run'], {
    env: environment,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text) => {
      output += text;
    });
  }
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
  ends(async () => {
    child.kill('SIGKILL');
    await ended;
    rmSync(root, { recursive: true, force: true });
  });
  const names = sitesOf(deployment.profile).map(({ name }) => name);
  await served(child, https, names, () => output);
  return {
    deployment,
    secrets,
    https,
    http,
    directory,
    log: () => output,
    reload: (more = {}) => {
      configure(more);
      execFileSync('sh', [script, 'reload', '--force'], { env: environment, stdio: 'pipe' });
    },
    admin: async (path) => JSON.parse(await get(`http://127.0.0.1:${admin}${path}`)),
    stop: () => {
      child.kill('SIGTERM');
      return ended;
    },
  };
}

/** The Caddyfile's own first line, and what is different where port 443 is not ours. */
const ports = (http: number, https: number, admin: number) =>
  `{\n\thttp_port ${http}\n\thttps_port ${https}\n\tadmin 127.0.0.1:${admin}`;

/** Waits until every site has its certificate. */
async function served(child: ChildProcess, port: number, names: string[], log: () => string) {
  for (const end = Date.now() + 30_000; names.length > 0; await sleep(50)) {
    if (child.exitCode !== null) throw new Error(`Caddy has ended:\n${log()}`);
    if (Date.now() > end) throw new Error(`Caddy does not serve ${names}:\n${log()}`);
    const socket = await open(port, names[0]!).catch(() => undefined);
    if (socket) names.shift();
    socket?.destroy();
  }
}

/** What a program that is no browser is answered, over a connection of its own: a reload ends idle ones. */
function get(url: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const asked = httpGet(url, { agent: false }, (answer) => text(answer).then(resolve, reject));
    asked.once('error', reject);
  });
}

async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0));
  await Promise.all(
    servers.map((server) => new Promise((resolve) => server.once('listening', resolve))),
  );
  const ports = servers.map((server) => (server.address() as { port: number }).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}
