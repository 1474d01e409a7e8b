import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Fleet, RELAY_DOMAIN } from '../fleet/fleet-fixture.ts';
import type { Host } from '../fleet/hosts.ts';
import { type RelayLoad, relayLoad, type Totals } from '../fleet/relay-load.ts';
import { deploysAndValidates, shippedFleet, validates } from './shipped-fleet.ts';

const PER_SECOND = 10;

const CHANGES = {
  // What the profile wants filled in, and what the lab's own certificates have no use for.
  reverse_proxy: { dns_provider: 'cloudflare', dns_token: 'cmd:echo dns-token-of-the-test' },
  // The version of the default image: the lab's older one loses relays that it could send to another relayer.
  images: { caddy: 'debian/caddy:2.11.4' },
};

/** A gateway at each proxy. */
function gateways(made: Fleet): RelayLoad[] {
  return ['proxy-1', 'proxy-2'].map((name) =>
    relayLoad(
      {
        address: made.hosts[name]?.address ?? '',
        domain: RELAY_DOMAIN,
        supplierKey: made.supplierKeys[0] ?? '',
        service: 'eth',
      },
      PER_SECOND,
    ),
  );
}

/** Relays through both proxies while something goes wrong, and for some seconds after. */
async function whileRelaying(
  t: TestContext,
  made: Fleet,
  seconds: number,
  trouble: () => Promise<unknown>,
): Promise<Totals[]> {
  const loads = gateways(made);
  try {
    await sleep(3000);
    await trouble();
    await sleep(seconds * 1000);
  } finally {
    await Promise.all(loads.map((load) => load.stop()));
  }
  const totals = loads.map((load) => load.totals);
  for (const [index, { sent, answered, lost }] of totals.entries()) {
    const first = lost[0] ? `, first: ${lost[0].why}` : '';
    t.diagnostic(
      `proxy-${index + 1}: ${sent} sent, ${answered} answered, ${lost.length} lost${first}`,
    );
  }
  return totals;
}

/**
 * Only what a relayer had in hand when it ended is lost, on all its connections at once: nothing that was sent when the
 * first of it was known to be lost, and nothing that was sent when the relayer had ended.
 */
function inHandOnly(totals: readonly Totals[], ended = Number.POSITIVE_INFINITY): void {
  const lost = lostOf(totals);
  const late = Math.min(ended, ...lost.map(({ at }) => at));
  assert.deepEqual(
    lost.filter(({ sent }) => sent > late),
    [],
  );
}

/** When the relayer of a host ended. */
async function endOfRelayer(host: Host): Promise<number> {
  const { stdout } = await host.exec(
    `docker inspect --format '{{.State.FinishedAt}}' "$(docker ps --all --quiet --filter label=com.docker.compose.service=relayer)"`,
  );
  const ended = Date.parse(stdout.trim());
  assert.ok(ended > 0, stdout);
  return ended;
}

const lostOf = (totals: readonly Totals[]) => totals.flatMap(({ lost }) => lost);

function hostOf(made: Fleet, name: string): Host {
  const host = made.hosts[name];
  assert.ok(host, name);
  return host;
}

const kill = (service: string) =>
  `docker kill "$(docker ps --quiet --filter label=com.docker.compose.service=${service})"`;
/** Shell that starts a service that was killed, and waits until it is well: what comes next must not find it starting. */
const startAgain = (service: string) => `
  id=$(docker ps --all --quiet --filter label=com.docker.compose.service=${service})
  docker start "$id"
  until [[ $(docker inspect --format '{{.State.Health.Status}}' "$id") == healthy ]]; do
    ((SECONDS < 120)) || exit 1
    sleep 0.5
  done`;

test('relays go on when any one part is gone', { timeout: 2_400_000 }, async (t) => {
  const made = await shippedFleet(t, 'ha-relay-mining', () => CHANGES);
  await deploysAndValidates(t, made);

  await t.test('validation takes little longer than its slowest question', async (s) => {
    const { events } = await made.script('validate', '--json');
    const slowest = Math.max(
      ...events.map(({ type, duration_ms: took }) => (type === 'finding' ? Number(took) : 0)),
    );
    const whole = Number(events.at(-1)?.duration_ms);
    s.diagnostic(`${events.length - 1} findings in ${whole} ms, the slowest in ${slowest} ms`);
    assert.ok(events.length > 400);
    assert.ok(whole > 0 && whole < 3 * slowest);
  });

  await t.test('a relayer is killed', async (s) => {
    const one = hostOf(made, 'relayer-1');
    const totals = await whileRelaying(s, made, 15, () => one.exec(kill('relayer')));
    inHandOnly(totals, await endOfRelayer(one));
    await one.exec(startAgain('relayer'));
  });

  await t.test('a proxy is killed: clients of the other notice nothing', async (s) => {
    const one = hostOf(made, 'proxy-1');
    const [, other] = await whileRelaying(s, made, 10, () => one.exec(kill('caddy')));
    await one.exec(startAgain('caddy'));
    assert.deepEqual(other?.lost, []);
  });

  await t.test('the leading miner is killed: another leads', async (s) => {
    const leader = await leadingMiner(made);
    const totals = await whileRelaying(s, made, 15, () => hostOf(made, leader).exec(kill('miner')));
    assert.deepEqual(lostOf(totals), []);
    const next = await eventually(() => leadingMiner(made, leader), 120);
    assert.notEqual(next, leader);
    await hostOf(made, leader).exec(startAgain('miner'));
  });

  await t.test('the primary Redis is killed: Sentinels agree on another', async (s) => {
    const primary = await primaryOf(made);
    const began = Date.now();
    const totals = await whileRelaying(s, made, 40, () =>
      hostOf(made, primary).exec(kill('redis')),
    );
    const next = await primaryOf(made, primary);
    assert.notEqual(next, primary);
    await hostOf(made, primary).exec(startAgain('redis'));
    // What the relayers cannot account for they may refuse, while there is no primary: at most half a minute.
    const latest = Math.max(0, ...lostOf(totals).map(({ at }) => at - began));
    assert.ok(latest < 33_000, `the last relay was lost after ${latest} ms`);
  });

  await t.test('a host restarts', async (s) => {
    inHandOnly(await whileRelaying(s, made, 20, () => hostOf(made, 'relayer-2').restart()));
  });

  await t.test('and everything is well afterwards', (s) => validates(s, made));
});

async function eventually<T>(work: () => Promise<T>, seconds: number): Promise<T> {
  const deadline = Date.now() + seconds * 1000;
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await sleep(1000);
    }
  }
}

/** The miner that leads, among all but one. Throws while none does. */
async function leadingMiner(made: Fleet, except?: string): Promise<string> {
  for (const name of ['miner-1', 'miner-2'].filter((one) => one !== except)) {
    const { stdout } = await hostOf(made, name).exec(
      'curl -fsS -m 5 http://127.0.0.1:9092/metrics | grep "^ha_miner_leader_status"',
    );
    if (/ 1$/m.test(stdout)) return name;
  }
  throw new Error('no miner leads');
}

/** The host of the primary Redis, as the Sentinels on the hosts but one see it. */
async function primaryOf(made: Fleet, except?: string): Promise<string> {
  const asked = ['redis-1', 'redis-2', 'redis-3'].find((name) => name !== except) ?? '';
  const { stdout } = await hostOf(made, asked).exec(
    `docker exec "$(docker ps --quiet --filter label=com.docker.compose.service=sentinel)" redis-cli -p 26379 sentinel get-master-addr-by-name pocket`,
  );
  const address = stdout.trim().split('\n')[0];
  const found = Object.entries(made.hosts).find(([, host]) => host.address === address);
  assert.ok(found, `no host has the address ${address}`);
  return found[0];
}
