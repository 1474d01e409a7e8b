import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { stringify } from 'yaml';
import { $ } from 'zx';
import { buildImages } from '../lab/images/build.ts';
import { answers } from './answers.ts';
import { docker } from './docker.ts';
import { type Host, testHosts } from './hosts.ts';
import { runScript, type ScriptResult } from './lab-fixture.ts';

/** What the firewall is for: written down here once more, so that a port that is lost from the list is missed. */
export const PORTS = [
  ...[80, 443, 1317, 3000, 3001, 3002, 5432, 6060, 6379, 7233, 8080, 8081, 9090, 9091, 9092, 9093],
  ...[9100, 9115, 9121, 9187, 26379, 26656, 26657],
];

/** Has perl, and is there without a registry. */
export const IMAGE = 'debian/redis:8.6';

export type Name = 'proxy' | 'relay' | 'state';
type Family = 'IPv4' | 'IPv6';

/** Three hosts with a manifest; each is known to the others by an IPv6 and an IPv4 address. */
export interface Scene {
  hosts: Record<Name, Host>;
  home: string;
  profile: string;
  addresses: Record<Name, Record<Family, string>>;
  /** Writes the manifest anew, with these values over the scene's. */
  change(changes: Record<string, unknown>): void;
  /** Runs `scripts/<name>.mjs --profile …` as an operator would. */
  script(name: string, ...words: string[]): Promise<ScriptResult>;
}

/** A proxy, a relayer, and a host with Redis, miner and Prometheus, which is a Pocket node too. */
export async function scene(t: TestContext): Promise<Scene> {
  const hosts = await testHosts(t, { proxy: {}, relay: {}, state: {} });
  const addresses = await dualStack(t, hosts);
  const home = mkdtempSync(join(tmpdir(), 'pocket-firewall-'));
  t.after(() => rmSync(home, { recursive: true, force: true }));
  mkdirSync(join(home, 'deployments'), { mode: 0o700 });
  const profile = join(home, 'firewall.yaml');
  const login = (name: Name) => ({
    address: addresses[name].IPv6,
    user: hosts[name].user,
    identity_file: hosts[name].identityFile,
    private_address: addresses[name].IPv4,
  });
  const change: Scene['change'] = (changes) =>
    writeFileSync(
      profile,
      stringify({
        name: 'firewall',
        pocket_network: 'local',
        pocket_rpc_url: `http://${hosts.state.address}:26657`,
        pocket_grpc_address: `${hosts.state.address}:9090`,
        hosts: { proxy: login('proxy'), relay: login('relay'), state: login('state') },
        redis_hosts: ['state'],
        relay_relayers: ['relay'],
        relay_miners: ['state'],
        reverse_proxy_hosts: ['proxy'],
        monitoring_hosts: ['state'],
        relay_public_domain: 'relay.nodes.net',
        reverse_proxy: { tls: 'internal' },
        firewall: { allow: [{ port: 26656, from: ['0.0.0.0/0', '::/0'] }] },
        relayminer: {
          keys_file: join(home, 'keys.yaml'),
          services: { eth: { backends: { jsonrpc: { url: 'http://192.0.2.9:8545' } } } },
        },
        ...changes,
      }),
    );
  writeFileSync(join(home, 'keys.yaml'), `keys: ["${'11'.repeat(32)}"]\n`, { mode: 0o600 });
  change({});
  process.env.POCKET_AUTOMATIONS_HOME = home;
  return {
    ...{ hosts, home, profile, addresses, change },
    script: (name, ...words) => runScript(home, name, '--profile', profile, ...words),
  };
}

/** Puts the hosts into a network of both families, which this machine is in, too. */
async function dualStack(
  t: TestContext,
  hosts: Record<Name, Host>,
): Promise<Record<Name, Record<Family, string>>> {
  const names = Object.keys(hosts) as Name[];
  const network = `${hosts.proxy.container}-both`;
  const id = process.pid % 65_536;
  const prefix = `fd00:${id.toString(16)}:214:`;
  const ranges = [`${prefix}:/64`, `10.215.${id % 256}.0/24`];
  await docker(
    ...['network', 'create', '--ipv6', ...ranges.flatMap((range) => ['--subnet', range]), network],
  );
  t.after(async () => {
    for (const name of names)
      await docker('network', 'disconnect', '--force', network, hosts[name].container).catch(
        () => {},
      );
    await docker('network', 'rm', network);
  });
  const addresses = {} as Record<Name, Record<Family, string>>;
  for (const [index, name] of names.entries()) {
    const address = `${prefix}:${index + 16}`;
    await docker('network', 'connect', '--ip6', address, network, hosts[name].container);
    addresses[name] = { IPv4: hosts[name].address, IPv6: address };
  }
  return addresses;
}

/** Perl that listens at ports of an address (`::` is both families) and sends whoever connects away. */
const LISTENER = `use IO::Socket::IP; use IO::Select; my $address = shift;
my $all = IO::Select->new(map { IO::Socket::IP->new(LocalAddr => $address, V6Only => 0, LocalPort => $_, Listen => 99, ReuseAddr => 1) or die "$_: $@" } @ARGV);
while (my @ready = $all->can_read) { close($_->accept) for @ready }`;

/** Listens with a process on the host, at boot too. */
export async function listenOnHost(host: Host, ports: readonly number[]): Promise<void> {
  await host.exec(`
    cat >/root/listen.pl <<'END'
${LISTENER}
END
    printf '[Service]\\nExecStart=/usr/bin/perl /root/listen.pl :: ${ports.join(' ')}\\n[Install]\\nWantedBy=multi-user.target\\n' \\
      >/etc/systemd/system/listen.service
    systemctl daemon-reload
    systemctl enable --quiet listen
    systemctl restart listen
    until ss -Hltn | grep -q ':${ports.at(-1)} '; do sleep 0.1; done`);
}

/** Starts another project on the host that publishes ports at every address, with `docker compose up`. */
export async function publishOnHost(host: Host, ports: readonly number[]): Promise<void> {
  await buildImages([IMAGE]);
  const loaded = await host.exec(`docker images --quiet ${IMAGE}`);
  if (loaded.stdout === '')
    await $({ quiet: true })`docker save ${IMAGE} | docker exec -i ${host.container} docker load`;
  const compose = {
    services: {
      other: {
        image: IMAGE,
        restart: 'always',
        // A container has no IPv6 of its own; Docker's proxy takes what comes over it.
        entrypoint: ['perl', '/listen.pl', '0.0.0.0', ...ports.map(String)],
        volumes: ['./listen.pl:/listen.pl:ro'],
        ports: ports.flatMap((port) => [`0.0.0.0:${port}:${port}`, `[::]:${port}:${port}`]),
      },
    },
  };
  await host.exec(`
    mkdir -p /srv/other
    cd /srv/other
    cat >listen.pl <<'END'
${LISTENER}
END
    cat >compose.yaml <<'END'
${stringify(compose)}
END
    docker compose up --detach --wait`);
}

/** Perl that dials ports of an address side by side and prints those that take the connection within three to four seconds. */
const DIALLER = `use IO::Socket::IP; use IO::Select; my $address = shift; my %port;
my $open = IO::Select->new; my $until = time + 4;
for (@ARGV) { my $socket = IO::Socket::IP->new(PeerHost => $address, PeerPort => $_, Blocking => 0) or next;
  $open->add($socket); $port{$socket} = $_ }
while ($open->count && (my $left = $until - time) > 0) { for ($open->can_write($left)) {
  print "$port{$_}\\n" if $_->sockopt(SO_ERROR) == 0; $open->remove($_) } }`;

/** The ports at which a host answers another one. */
export async function scanFrom(host: Host, address: string): Promise<number[]> {
  const { stdout } = await host.exec(
    `perl - ${address} ${PORTS.join(' ')} <<'END'\n${DIALLER}\nEND`,
  );
  return sorted(stdout.split('\n').filter(Boolean).map(Number));
}

/** How many of so many connections to one port, opened all at once, are taken within three to four seconds. */
export async function floodFrom(
  host: Host,
  to: { address: string; port: number; connections: number },
): Promise<number> {
  const ports = Array(to.connections).fill(to.port).join(' ');
  const { stdout } = await host.exec(`perl - ${to.address} ${ports} <<'END'\n${DIALLER}\nEND`);
  return stdout.split('\n').filter(Boolean).length;
}

/** The ports at which a host answers this machine. */
export async function scanFromHere(address: string): Promise<number[]> {
  const open = await Promise.all(
    PORTS.map(async (port) => ((await answers(address, port)) ? [port] : [])),
  );
  return sorted(open.flat());
}

function sorted(ports: number[]): number[] {
  return ports.toSorted((a, b) => a - b);
}
