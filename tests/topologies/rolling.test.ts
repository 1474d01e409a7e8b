import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { OUT_OF_SERVICE } from '../../lib/proxy/upstreams.ts';
import { type Fleet, fleet, RELAY_DOMAIN } from '../fleet/fleet-fixture.ts';
import { relayLoad, type Totals } from '../fleet/relay-load.ts';

const IMAGE = 'standin/pocket-relay-miner';

/** Two hosts with a relayer and a miner each, one with Redis, one with the proxy. */
async function relays(t: TestContext): Promise<Fleet> {
  const made = await fleet(t, {
    base: 'custom',
    hosts: { data: {}, edge: {}, one: {}, two: {} },
    profile: () => ({
      redis_hosts: ['data'],
      reverse_proxy_hosts: ['edge'],
      relay_relayers: ['one', 'two'],
      relay_miners: ['one', 'two'],
      relay_public_domain: RELAY_DOMAIN,
      firewall: { enabled: false },
    }),
  });
  const docker = await made.script('deploy', '--yes', '--only', 'common,install-docker');
  assert.equal(docker.status, 0, docker.stderr);
  await made.standIns();
  const first = await made.script('deploy', '--yes');
  assert.equal(first.status, 0, first.stderr);
  return made;
}

/** Gives both relay hosts a second image, as another version would be; and one whose processes end at once. */
async function moreImages({ hosts }: Fleet): Promise<void> {
  await Promise.all(
    [hosts.one, hosts.two].map((host) =>
      host?.exec(`docker tag ${IMAGE}:ad37bcb ${IMAGE}:next
        printf '%s\n' 'FROM ${IMAGE}:ad37bcb' \
          'ENTRYPOINT ["/bin/sh", "-c", "[ \\"$2\\" != validate ] || exec pocket-relay-miner \\"$@\\"; sleep 1; exit 1", "sh"]' |
          DOCKER_BUILDKIT=0 docker build --quiet --tag ${IMAGE}:broken -`),
    ),
  );
}

/** Relays through the proxy while something goes on. */
async function underLoad<T>(made: Fleet, work: () => Promise<T>): Promise<[T, Totals]> {
  const load = relayLoad({
    address: made.hosts.edge?.address ?? '',
    domain: RELAY_DOMAIN,
    supplierKey: made.supplierKeys[0] ?? '',
    service: 'eth',
  });
  try {
    const result = await work();
    return [result, await load.stop()];
  } finally {
    await load.stop();
  }
}

test('relayers and miners are changed one at a time', { timeout: 900_000 }, async (t) => {
  const made = await relays(t);
  await moreImages(made);
  const withImage = (tag: string) =>
    made.change({ images: { source: 'registry', relayminer: `${IMAGE}:${tag}` } });

  await t.test('a new image loses no relay', async (s) => {
    withImage('next');
    const [run, { sent, answered, lost }] = await underLoad(made, () =>
      made.script('deploy', '--yes', '--only', 'relayminer'),
    );
    assert.equal(run.status, 0, run.stderr);
    s.diagnostic(`${sent} relays sent, ${answered} answered, ${lost.length} lost`);
    assert.ok(sent > 100, `${sent} relays`);
    assert.deepEqual(lost, []);
    const [first, second] = ['one', 'two'].map((name) =>
      run.stderr.search(new RegExp(`^${name} +waiting +.*taking it out of edge`, 'm')),
    );
    assert.ok(first !== undefined && second !== undefined && first >= 0 && second >= 0, run.stderr);
    const changed = [...run.stderr.matchAll(/^(one|two) +changed .*Bring up the stack/gm)];
    assert.equal(changed.length, 2, run.stderr);
  });

  await t.test('afterwards nothing is left to do, in one look at both', async () => {
    const run = await made.script('deploy', '--yes', '--only', 'relayminer', '--json');
    assert.equal(run.status, 0, run.stderr);
    const summary = run.events.at(-1) as { changed: number; duration_ms: number };
    assert.equal(summary.changed, 0);
    assert.equal(run.events.filter(({ type }) => type === 'note').length, 0);
  });

  await t.test('a dry run says that they would go one after the other', async () => {
    withImage('broken');
    const run = await made.script('deploy', '--only', 'relayminer', '--dry-run');
    assert.equal(run.status, 3, run.stderr);
    assert.equal(run.stderr.match(/would be changed by itself/g)?.length, 2, run.stderr);
  });

  await t.test('a broken image stops at the first, and the other serves on', async (s) => {
    withImage('broken');
    const [run, { sent, lost }] = await underLoad(made, () =>
      made.script('deploy', '--yes', '--only', 'relayminer'),
    );
    assert.equal(run.status, 1, run.stderr);
    s.diagnostic(`${sent} relays sent, ${lost.length} lost`);
    assert.deepEqual(lost, []);
    assert.match(run.stderr, /failed +relayminer: Bring up the stack relayminer/);
    assert.match(run.stderr, /is not done, so this host is left as it is/);
    assert.match(
      run.stderr,
      /It gets no relays from edge now\. The next deploy of relayminer brings it back/,
    );
    const images = await Promise.all(
      [made.hosts.one, made.hosts.two].map((host) =>
        host?.exec(
          `docker ps --all --filter label=com.docker.compose.service=relayer --format '{{.Image}}'`,
        ),
      ),
    );
    const tags = images.map((one) => one?.stdout.trim().split(':')[1]).toSorted();
    assert.deepEqual(tags, ['broken', 'next']);
    assert.equal((await outOfService(made)).length, 1, 'the one that failed stays out of service');
  });

  const left = `${made.hosts.one?.address}:8080`;

  await t.test('a good image mends it, and brings it back to the proxy', async () => {
    withImage('next');
    const [run, { lost }] = await underLoad(made, () =>
      made.script('deploy', '--yes', '--only', 'relayminer'),
    );
    assert.equal(run.status, 0, run.stderr);
    assert.deepEqual(lost, []);
    assert.deepEqual(await outOfService(made), []);
  });

  await t.test('one that is left out comes back though nothing is to change', async () => {
    await leaveOut(made, left);
    assert.deepEqual(await outOfService(made), [left]);
    const [run, { lost }] = await underLoad(made, () =>
      made.script('deploy', '--yes', '--only', 'relayminer', '--json'),
    );
    assert.equal(run.status, 0, run.stderr);
    assert.equal(run.events.at(-1)?.changed, 0, run.stdout);
    assert.deepEqual(lost, []);
    assert.deepEqual(await outOfService(made), []);
  });

  await t.test('and the proxy has nothing left to do', async () => {
    const again = await made.script('deploy', '--yes', '--only', 'reverse-proxy', '--json');
    assert.equal(again.events.at(-1)?.changed, 0, again.stdout);
  });
});

/** Takes a relayer out of service, as a change that failed leaves it. */
async function leaveOut({ hosts }: Fleet, address: string): Promise<void> {
  await hosts.edge?.exec(`touch '${OUT_OF_SERVICE}/${address}'`);
}

/** The relayers that are out of service on the proxy. */
async function outOfService({ hosts }: Fleet): Promise<string[]> {
  const { stdout } = (await hosts.edge?.exec(`ls '${OUT_OF_SERVICE}'`)) ?? { stdout: '' };
  return stdout.split('\n').filter(Boolean);
}
