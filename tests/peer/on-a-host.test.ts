// Well-known defects of tools that deploy the same software, tried on a real host.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { $ } from 'zx';
import { EXIT } from '../../lib/exit-codes.ts';
import { docker } from '../fleet/docker.ts';
import { lab, type ScriptResult } from '../fleet/lab-fixture.ts';
import { buildImages } from '../lab/images/build.ts';

const verdicts = ({ events }: ScriptResult) =>
  Object.fromEntries(
    events.filter(({ type }) => type === 'finding').map(({ id, verdict }) => [id, verdict]),
  );

test('what is wrong on a host is not told to be right', { timeout: 600_000 }, async (t) => {
  const one = await lab(t);
  const prepared = await one.script('deploy', '--only', 'common,install-docker', '--json');
  assert.equal(prepared.status, 0, prepared.stdout + prepared.stderr);
  await one.standIns();

  await t.test('peer defect D3: a chain of another id fails', async () => {
    const right = await one.script('validate', '--only', 'chain', '--json');
    assert.equal(right.status, EXIT.done, right.stdout + right.stderr);
    assert.equal(verdicts(right)['chain.rpc'], 'pass');
    one.change({ pocket_chain_id: 'pocket' });
    const wrong = await one.script('validate', '--only', 'chain', '--json');
    assert.equal(wrong.status, EXIT.failed, wrong.stdout);
    const found = verdicts(wrong);
    for (const id of ['chain.rpc', 'chain.grpc', 'chain.api']) assert.equal(found[id], 'fail', id);
    const text = JSON.stringify(wrong.events);
    assert.match(text, /chain id pocket-lego-testnet; wanted: pocket\b/);
  });

  await t.test('peer defect D7: Debian’s Redis 8.0 under another name fails', async (s) => {
    const image = 'registry.invalid/redis:stable';
    await buildImages(['debian/redis:8.0']);
    await docker('tag', 'debian/redis:8.0', image);
    s.after(() => docker('rmi', image));
    const container = one.host.container;
    await $({ quiet: true })`docker save ${image} | docker exec -i ${container} docker load`;
    one.change({ images: { source: 'registry', redis: image } });
    const deployed = await one.script('deploy', '--only', 'redis', '--json');
    assert.equal(deployed.status, 0, deployed.stdout + deployed.stderr);
    const run = await one.script('validate', '--only', 'redis', '--json');
    assert.equal(run.status, EXIT.failed, run.stdout + run.stderr);
    const failed = Object.entries(verdicts(run)).filter(([, verdict]) => verdict !== 'pass');
    assert.deepEqual(failed, [['redis.version', 'fail']]);
    assert.match(JSON.stringify(run.events), /8\.0\.\d+/);
  });

  await t.test(
    'peer defect D7: a Redis below the floor of the RelayMiner changes no host',
    async () => {
      one.change({ images: { relayminer: 'standin/pocket-relay-miner:v0.1.6' } });
      for (const name of ['deploy', 'validate']) {
        const run = await one.script(name);
        assert.equal(run.status, EXIT.usage, run.stderr);
        assert.match(run.stderr, /images\.redis.*expected Redis 8\.10 or newer/s);
        assert.equal(run.stdout, '');
      }
      one.change({ images: { redis: 'debian/redis:8.0' } });
      assert.match((await one.script('deploy')).stderr, /expected Redis 8\.2 or newer/);
    },
  );

  await t.test(
    'peer defects D1, D2: with the stand-ins stopped nothing of theirs passes',
    async () => {
      one.change({});
      await one.host.exec('docker stop -t 1 pocket-lab-chain pocket-lab-backend');
      const run = await one.script('validate', '--only', 'chain,backends', '--json');
      assert.equal(run.status, EXIT.failed, run.stdout);
      const found = Object.entries(verdicts(run));
      assert.ok(found.length >= 4, run.stdout);
      assert.deepEqual(
        found.filter(([, verdict]) => verdict === 'pass'),
        [],
      );
    },
  );

  await t.test('stand-ins that start slowly are waited for, and then pass at once', async () => {
    await one.host.exec('docker update --cpus 0.1 pocket-lab-chain pocket-lab-backend');
    await one.standIns();
    const run = await one.script('validate', '--only', 'chain,backends', '--json');
    assert.equal(run.status, EXIT.done, run.stdout + run.stderr);
  });
});
