import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { stringify } from 'yaml';
import { loadDeployment } from '../../lib/deployment.ts';
import { saveBundle } from '../../lib/images/bundle.ts';
import { loadSecrets } from '../../lib/secrets/secrets.ts';
import { type Host, testHosts } from '../fleet/hosts.ts';
import { runScript } from '../fleet/lab-fixture.ts';
import { missingOf, startWriting, type Written } from '../fleet/redis-writer.ts';
import { buildImages } from '../lab/images/build.ts';
import { parseInfo, Redis } from '../lab/standins/shared/redis.ts';

const IMAGE = 'debian/redis:8.6';

test('Redis with Sentinels loses no acknowledged write but the one in hand when it is killed', {
  timeout: 900_000,
}, async (t) => {
  await buildImages([IMAGE]);
  const hosts = await testHosts(t, { a: {}, b: {}, c: {} });
  const operator = await operatorOf(t, hosts);
  const all = Object.values(hosts);

  /**
   * Writes while something happens, until every Redis has its role again, and counts what is missing then: nothing. Of a
   * primary that ends from one moment to the next it may be what each connection was told last, since Redis answers
   * before it sends the same to its replicas.
   */
  const during = async (what: () => Promise<void>, { killed = false } = {}): Promise<Written> => {
    const writing = startWriting(operator.url());
    await sleep(2000);
    await what();
    await operator.untilSettled();
    await sleep(1000);
    const written = await writing.stop();
    const missing = await missingOf(operator.url(), written);
    const unexplained = missing.filter((number) => !killed || !written.last.has(number));
    assert.deepEqual(unexplained, [], `${missing.length} missing`);
    const seconds = (written.longestGapMs / 1000).toFixed(1);
    t.diagnostic(
      `${written.acknowledged.size} writes acknowledged, ${missing.length} missing; ${seconds} s without one`,
    );
    return written;
  };

  await t.test('a single Redis becomes the primary of several, with its data', async () => {
    operator.change({ hosts: operator.only('a'), redis_hosts: ['a'], redis: { mode: 'deploy' } });
    await operator.deploy();
    await hosts.a.exec(`docker exec -i pocket-redis-redis-1 sh <<'COMMANDS'
      REDISCLI_AUTH=$(awk -F'"' '/^requirepass/ { print $2 }' /etc/redis/password.conf) redis-cli SET kept 42
COMMANDS`);
    operator.change({ redis_hosts: ['b', 'a', 'c'] });
    assert.match(await operator.refused(), /its Redis was the only one until now/);
    operator.change({});
    await operator.deploy();
    await operator.untilSettled();
    assert.equal(await operator.get('kept'), '42');
  });

  await t.test('the first host is the primary, and a second deploy changes nothing', async () => {
    assert.equal(await operator.primary(), hosts.a.address);
    assert.equal(await operator.deploy(), 0);
  });

  await t.test(
    'its process is killed: a replica is promoted, and it comes back as one',
    async () => {
      const written = await during(
        async () => {
          const pid = '$(docker inspect --format {{.State.Pid}} pocket-redis-redis-1)';
          await hosts.a.exec(`kill -KILL ${pid}`);
          await operator.untilPrimaryIsNot(hosts.a);
        },
        { killed: true },
      );
      assert.ok(written.longestGapMs < 20_000, `${written.longestGapMs} ms`);
    },
  );

  await t.test('a deploy after a failover moves nothing and changes nothing', async () => {
    const primary = await operator.primary();
    assert.equal(await operator.deploy(), 0);
    assert.equal(await operator.primary(), primary);
  });

  await t.test('its host freezes and thaws: it comes back as a replica', async () => {
    const now = await operator.primary();
    const frozen = all.find(({ address }) => address === now)!;
    await during(
      async () => {
        await frozen.pause();
        await operator.untilPrimaryIsNot(frozen);
        await sleep(15_000);
        await frozen.unpause();
      },
      { killed: true },
    );
  });

  await t.test('a changed setting restarts one after the other', async () => {
    operator.change({ redis: { maxmemory: '300mb' } });
    const written = await during(async () => {
      assert.ok(await operator.deploy());
    });
    assert.ok(written.longestGapMs < 20_000, `${written.longestGapMs} ms`);
    for (const host of all) {
      // The primary was replaced before it ended, not when it came back.
      const { stdout } = await host.exec('docker logs pocket-redis-redis-1');
      assert.match(stdout, /starting as a replica/);
      assert.doesNotMatch(stdout, /handing over|starting as the primary/);
      const info = await operator.info(host, 'memory');
      assert.equal(info.get('maxmemory'), `${300 * 1024 * 1024}`);
    }
    assert.equal(await operator.deploy(), 0);
  });

  await t.test('a new password reaches everybody, and nothing is lost', async () => {
    operator.setPassword('an#other "pass\\word" $x');
    await operator.deploy();
    await operator.untilSettled();
    assert.equal(await operator.get('kept'), '42');
    assert.equal(await operator.deploy(), 0);
  });

  await t.test('all hosts restart at once: everything comes back', async () => {
    await during(async () => {
      await Promise.all(all.map((host) => host.restart()));
    });
    assert.equal(await operator.deploy(), 0);
  });

  await t.test('validation has nothing to say against it', async () => {
    const findings = await operator.validate();
    assert.deepEqual(
      findings.filter(({ verdict }) => verdict !== 'pass' && verdict !== undefined),
      [],
    );
    const ids = new Set(findings.map(({ id }) => id));
    for (const id of ['quorum', 'primary', 'replication', 'min-replicas', 'one-primary'])
      assert.ok(ids.has(`redis.${id}`), id);
  });

  await t.test('validation tells when one replica is gone, and when both are', async () => {
    const now = await operator.primary();
    const at = Object.keys(hosts).find((name) => hosts[name as 'a'].address === now)!;
    const [one, another] = all.filter(({ address }) => address !== now);
    const stop = 'docker stop pocket-redis-redis-1 pocket-redis-sentinel-sentinel-1';
    const verdicts = async (host: string, ...ids: string[]) => {
      const findings = await operator.validate();
      return ids.map((id) => findings.find((it) => it.host === host && it.id === id)?.verdict);
    };
    await one!.exec(stop);
    await sleep(6000);
    assert.deepEqual(await verdicts(at, 'redis.replication', 'redis.quorum'), ['warn', 'warn']);
    await another!.exec(stop);
    await sleep(6000);
    assert.deepEqual(await verdicts(at, 'redis.replication', 'redis.quorum'), ['fail', 'fail']);
    assert.deepEqual(await verdicts('fleet', 'redis.one-primary'), ['fail']);
  });
});

/** Somebody with a profile for three hosts, and what they do and see. */
async function operatorOf(t: TestContext, hosts: Record<'a' | 'b' | 'c', Host>) {
  const home = mkdtempSync(join(tmpdir(), 'pocket-home-'));
  t.after(() => rmSync(home, { recursive: true, force: true }));
  mkdirSync(join(home, 'deployments'), { mode: 0o700 });
  const path = join(home, 'sentinel.yaml');
  const bundle = join(home, 'bundle');
  await saveBundle([IMAGE], bundle);
  const only = (...names: string[]) =>
    Object.fromEntries(
      Object.entries(hosts)
        .filter(([name]) => names.includes(name))
        .map(([name, { address, user, identityFile }]) => [
          name,
          { address, user, identity_file: identityFile },
        ]),
    );
  const change = (changes: Record<string, unknown>) =>
    writeFileSync(
      path,
      stringify({
        name: 'sentinel',
        pocket_network: 'beta',
        hosts: only('a', 'b', 'c'),
        redis_hosts: Object.keys(hosts),
        // Of the line that takes this Redis.
        images: {
          source: 'bundle',
          bundle,
          redis: IMAGE,
          relayminer: 'standin/pocket-relay-miner:ad37bcb',
        },
        ...changes,
        redis: { mode: 'sentinel', maxmemory: '256mb', ...(changes.redis as object) },
      }),
    );
  change({});
  const deployment = () => loadDeployment(path, { root: home });
  const password = () =>
    loadSecrets(deployment(), { create: false }).get('redis_password').reveal();
  const ask = async (address: string, port: number, ...words: string[]) => {
    const credentials = port === 6379 ? `:${password()}@` : '';
    const redis = new Redis(`redis://${credentials}${address}:${port}`);
    try {
      return await redis.send(...words);
    } finally {
      redis.close();
    }
  };
  const all = Object.values(hosts);
  const info = async ({ address }: Host, section: string) =>
    parseInfo(await ask(address, 6379, 'INFO', section));
  /** The primary that every one of these hosts' Sentinels names; undefined while they differ or one does not answer. */
  const primary = async (of: readonly Host[] = all): Promise<string | undefined> => {
    const named = await Promise.allSettled(
      of.map(({ address }) => ask(address, 26379, 'SENTINEL', 'get-master-addr-by-name', 'pocket')),
    );
    const answers = named.map((one) => (one.status === 'fulfilled' ? String(one.value) : ''));
    const [first = ''] = answers;
    return answers.every((one) => one === first) ? first.split(',')[0] || undefined : undefined;
  };
  const until = async (what: string, probe: () => Promise<boolean>) => {
    const deadline = Date.now() + 120_000;
    while (!(await probe().catch(() => false))) {
      if (Date.now() > deadline) throw new Error(`not within two minutes: ${what}`);
      await sleep(200);
    }
  };
  const deploying = () => {
    const words = ['--only', 'common,install-docker,images,redis', '--yes', '--json'];
    return runScript(home, 'deploy', '--profile', path, ...words);
  };
  const url = () => deployment().redisUrl(deployment().host('a'), password());
  return {
    ...{ change, info, only, primary, url },
    async get(key: string) {
      const redis = new Redis(url());
      const value = await redis.send('GET', key);
      redis.close();
      return value;
    },
    setPassword(value: string) {
      const store = join(home, 'deployments', 'sentinel', 'secrets.yaml');
      writeFileSync(store, stringify({ redis_password: value }));
    },
    async deploy() {
      const run = await deploying();
      assert.equal(run.status, 0, run.stdout + run.stderr);
      return run.events.at(-1)?.changed;
    },
    /** What a deploy says that does not come about. */
    async refused() {
      const run = await deploying();
      assert.notEqual(run.status, 0, run.stdout + run.stderr);
      return run.stdout + run.stderr;
    },
    async validate() {
      const run = await runScript(
        home,
        'validate',
        '--profile',
        path,
        '--only',
        'redis,docker',
        '--json',
      );
      return run.events.filter(({ type }) => type === 'finding');
    },
    untilPrimaryIsNot: ({ address }: Host) =>
      until('another primary', async () => {
        const others = all.filter((host) => host.address !== address);
        const now = await primary(others);
        return now !== undefined && now !== address;
      }),
    /** Waits until all Sentinels name one primary, which is one, and the other two follow it. */
    untilSettled: () =>
      until('one primary and two replicas', async () => {
        const now = await primary();
        const seen = await Promise.all(all.map((host) => info(host, 'replication')));
        return seen.every((one, index) =>
          all[index]!.address === now
            ? one.get('role') === 'master' && one.get('min_slaves_good_slaves') === '2'
            : one.get('role') === 'slave' && one.get('master_link_status') === 'up',
        );
      }),
  };
}
