import assert from 'node:assert/strict';
import { test } from 'node:test';
import { answers } from './answers.ts';
import {
  floodFrom,
  listenOnHost,
  type Name,
  PORTS,
  publishOnHost,
  type Scene,
  scanFrom,
  scanFromHere,
  scene,
} from './firewall-scene.ts';

/** Who is let in where, and nobody else: as the groups of the scene say. */
const OPEN: Record<Name, Record<Name | 'outside', number[]>> = {
  proxy: {
    proxy: PORTS,
    relay: [80, 443, 26656],
    state: [80, 443, 9100, 26656],
    outside: [80, 443, 26656],
  },
  relay: {
    proxy: [8080, 8081, 26656],
    relay: PORTS,
    state: [9090, 9100, 26656],
    outside: [26656],
  },
  state: {
    proxy: [26656],
    relay: [6379, 9090, 26656, 26657],
    state: PORTS,
    outside: [26656],
  },
};
const NAMES = ['proxy', 'relay', 'state'] as const;

/** Dials everything from everywhere, in both families. */
async function scan({ hosts, addresses }: Scene) {
  const seen = Object.fromEntries(
    await Promise.all(
      NAMES.flatMap((to) =>
        (['IPv4', 'IPv6'] as const).flatMap((family) =>
          [...NAMES, 'outside' as const].map(async (from) => {
            const address = addresses[to][family];
            const ports =
              from === 'outside'
                ? await scanFromHere(address)
                : await scanFrom(hosts[from], address);
            return [`${from} to ${to} over ${family}`, ports] as const;
          }),
        ),
      ),
    ),
  );
  return seen as Record<string, number[]>;
}

function wanted(): Record<string, number[]> {
  return Object.fromEntries(
    NAMES.flatMap((to) =>
      ['IPv4', 'IPv6'].flatMap((family) =>
        [...NAMES, 'outside' as const].map((from) => [
          `${from} to ${to} over ${family}`,
          OPEN[to][from],
        ]),
      ),
    ),
  );
}

test('ports are open exactly to those who need them', { timeout: 900_000 }, async (t) => {
  const one = await scene(t);
  const { hosts } = one;
  await Promise.all([
    listenOnHost(hosts.proxy, PORTS),
    listenOnHost(hosts.state, PORTS),
    publishOnHost(hosts.relay, PORTS),
  ]);

  await t.test('without a firewall, everything answers everybody', async () => {
    for (const ports of Object.values(await scan(one))) assert.deepEqual(ports, PORTS);
  });

  await t.test('a dry run shows the rules and changes nothing', async () => {
    const run = await one.script('firewall', '--dry-run');
    assert.equal(run.status, 3, run.stderr);
    assert.match(run.stderr, /^ {4}\+ +10\.\S+ comment "relay",$/m);
    for (const name of NAMES) {
      const { stdout } = await hosts[name].exec('nft list tables; ls /etc | grep pocket || :');
      assert.doesNotMatch(stdout, /pocket/);
    }
  });

  await t.test('then, only those who need them', async () => {
    const run = await one.script('deploy', '--only', 'common,firewall', '--yes');
    assert.equal(run.status, 0, run.stderr);
    assert.deepEqual(await scan(one), wanted());
    for (const name of NAMES) assert.ok(await answers(hosts[name].address, 22));
  });

  await t.test('a second run changes nothing', async () => {
    const run = await one.script('deploy', '--only', 'common,firewall', '--yes', '--json');
    assert.equal(run.status, 0, run.stderr);
    assert.equal(run.events.at(-1)?.changed, 0, run.stdout);
  });

  await t.test('who opens too many connections at once is held up, and nobody else', async (s) => {
    const flood = () =>
      Promise.all(
        (['IPv4', 'IPv6'] as const).map((family) => {
          const address = one.addresses.proxy[family];
          return floodFrom(hosts.relay, { address, port: 443, connections: 300 });
        }),
      );
    assert.deepEqual(await flood(), [300, 300], 'by default there is room');
    const allow = [{ port: 26656, from: ['0.0.0.0/0', '::/0'] }];
    one.change({ firewall: { allow, connections_per_second: 10 } });
    s.after(() => one.change({}));
    const limited = await one.script('firewall', '--yes', '--json');
    assert.equal(limited.status, 0, limited.stderr);
    // 50 at once, then 10 a second for as long as is dialled.
    for (const taken of await flood()) assert.ok(taken >= 50 && taken <= 100, `${taken} taken`);
    for (const family of ['IPv4', 'IPv6'] as const)
      assert.deepEqual(await scanFrom(hosts.state, one.addresses.proxy[family]), OPEN.proxy.state);
    const second = await one.script('firewall', '--yes', '--json');
    assert.equal(second.events.at(-1)?.changed, 0, 'who has connected is no change');
    one.change({});
    const back = await one.script('firewall', '--yes', '--json');
    assert.equal(back.status, 0, back.stderr);
  });

  await t.test('a container reaches the ports of its own host', async () => {
    const { stdout } = await hosts.relay.exec(
      `docker run --rm --entrypoint bash debian/redis:8.6 -c 'timeout 3 bash -c "exec 3<>/dev/tcp/${hosts.relay.address}/9090" && echo reached'`,
    );
    assert.equal(stdout, 'reached\n');
  });

  await t.test('a neighbour does not reach a container past its published port', async (s) => {
    const { stdout: found } = await hosts.relay.exec(
      `docker inspect --format '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}' other-other-1`,
    );
    const container = found.trim();
    await hosts.proxy.exec(`ip route add ${container}/32 via ${hosts.relay.address}`);
    s.after(() => hosts.proxy.exec(`ip route del ${container}/32`));
    assert.deepEqual(await scanFrom(hosts.proxy, container), OPEN.relay.proxy);
  });

  await t.test('validation finds nothing open, from hosts and from here', async () => {
    const run = await one.script('validate', '--only', 'exposure', '--json');
    const found = run.events.filter(({ id }) =>
      /^exposure\.(firewall|neighbours|outside)$/.test(`${id}`),
    );
    assert.deepEqual(
      found.map(({ id, host, verdict }) => `${host} ${id} ${verdict}`).toSorted(),
      NAMES.flatMap((name) =>
        ['firewall', 'neighbours', 'outside'].map((id) => `${name} exposure.${id} pass`),
      ),
    );
  });

  await t.test('validation finds what a flushed table lets in', async () => {
    await hosts.state.exec('nft flush ruleset');
    const run = await one.script('validate', '--only', 'exposure', '--json');
    assert.equal(run.status, 1, run.stderr);
    const said = (host: string, id: string) =>
      run.events.find((event) => event.host === host && event.id === `exposure.${id}`);
    assert.equal(said('state', 'firewall')?.verdict, 'fail');
    assert.match(`${said('proxy', 'neighbours')?.evidence}`, /^state answers at 80, 443, 1317/);
    assert.match(`${said('relay', 'neighbours')?.evidence}`, /^state answers at 80, .* 6060, 7233/);
    assert.match(`${said('state', 'outside')?.evidence}`, /^state answers at .*5432/);
    assert.match(`${said('state', 'outside')?.fix}`, /scripts\/firewall\.mjs .*--limit state$/);
    const mended = await one.script('firewall', '--yes', '--json');
    assert.equal(mended.status, 0, mended.stderr);
    assert.equal(mended.events.at(-1)?.changed, 1, mended.stdout);
    assert.deepEqual(await scan(one), wanted());
  });

  await t.test('a restart of the distribution’s own firewall does not lift ours', async () => {
    const { state } = hosts;
    for (const word of ['start', 'restart', 'reload', 'stop', 'start']) {
      await state.exec(`systemctl ${word} nftables`);
      if (word !== 'stop') await state.exec('pocket-firewall status');
    }
    assert.deepEqual(await scan(one), wanted());
  });

  await t.test('another project that publishes ports on every address stays closed', async () => {
    const [kept, published] = [
      [80, 443, 9100],
      [1317, 6379, 8080, 9090, 26656],
    ];
    const rest = PORTS.filter((port) => !published.includes(port));
    assert.ok(kept.every((port) => rest.includes(port)));
    await listenOnHost(hosts.proxy, rest);
    await publishOnHost(hosts.proxy, published);
    assert.deepEqual(await scan(one), wanted());
  });

  await t.test('also beside ufw, which opens all of it', async () => {
    await hosts.relay.exec(
      `apt-get -qq update && DEBIAN_FRONTEND=noninteractive apt-get -qq install --no-install-recommends ufw >/dev/null
      ufw default deny incoming >/dev/null
      ufw allow 1:65535/tcp >/dev/null
      ufw --force enable >/dev/null
      ufw status | grep -q 'Status: active'`,
      { timeoutSeconds: 300 },
    );
    assert.deepEqual(await scan(one), wanted());
    const run = await one.script('firewall', '--yes', '--json');
    assert.equal(run.events.at(-1)?.changed, 0, run.stdout);
  });

  await t.test('and after a reboot of every host', async () => {
    await Promise.all(NAMES.map((name) => hosts[name].restart()));
    const running = `until [[ $(docker inspect --format '{{.State.Running}}' other-other-1) == true ]]; do sleep 0.2; done`;
    await Promise.all([hosts.relay.exec(running), hosts.proxy.exec(running)]);
    await hosts.relay.exec(`ufw status | grep -q 'Status: active'`);
    await Promise.all(
      NAMES.map((name) =>
        hosts[name].exec(`until ss -Hltn | grep -q ':26657 '; do sleep 0.1; done`),
      ),
    );
    assert.deepEqual(await scan(one), wanted());
    const run = await one.script('firewall', '--yes', '--json');
    assert.equal(run.events.at(-1)?.changed, 0, run.stdout);
  });

  await t.test('switched off, everything of it is gone', async () => {
    one.change({ firewall: { enabled: false } });
    const run = await one.script('deploy', '--only', 'firewall', '--yes');
    assert.equal(run.status, 0, run.stderr);
    for (const name of NAMES) {
      const { stdout } = await hosts[name].exec(
        `nft list tables; find / -xdev -name '*pocket-firewall*'; systemctl list-units --all --plain --no-legend '*pocket*'; ls -d /run/pocket-firewall || :`,
      );
      assert.doesNotMatch(stdout, /pocket/);
    }
    for (const ports of Object.values(await scan(one))) assert.deepEqual(ports, PORTS);
    const second = await one.script('deploy', '--only', 'firewall', '--yes', '--json');
    assert.equal(second.events.at(-1)?.changed, 0, second.stdout);
  });
});
