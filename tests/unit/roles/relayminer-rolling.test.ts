import assert from 'node:assert/strict';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { stringify } from 'yaml';
import { loadDeployment } from '../../../lib/deployment.ts';
import { EXIT, UserError } from '../../../lib/exit-codes.ts';
import { relayminerRolling } from '../../../lib/relayminer/rolling.ts';
import { loadSecrets } from '../../../lib/secrets/secrets.ts';
import { directoryWith } from '../profile/temporary.ts';
import { bash } from './deployed.ts';

const ADDRESSES = { edge: '10.0.0.1', one: '10.0.0.2', two: '10.0.0.3', data: '10.0.0.4' };
const [ONE, TWO] = ['10.0.0.2:8080', '10.0.0.3:8080'];
const ETH = { backends: { jsonrpc: { url: 'http://192.0.2.90:8545' } } };

/** What a test wants to be otherwise in the profile. */
interface Changes {
  services?: object;
  relay_relayers?: string[];
  relay_miners?: string[];
}

/** Two relayers, a miner, a proxy, and the key of one supplier, but for what a test changes. */
function place(t: TestContext, changes: Changes = {}) {
  const { services = { eth: ETH }, ...groups } = changes;
  const root = directoryWith(t, {
    'keys.yaml': `keys: ["${'11'.repeat(32)}"]\n`,
    'p.yaml': stringify({
      pocket_network: 'beta',
      hosts: Object.fromEntries(
        Object.entries(ADDRESSES).map(([name, address]) => [
          name,
          { address: address.replace('10.0.0.', '192.0.2.'), private_address: address },
        ]),
      ),
      reverse_proxy_hosts: ['edge'],
      relay_relayers: ['one', 'two'],
      relay_miners: ['data'],
      redis_hosts: ['data'],
      relay_public_domain: 'relay.nodes.net',
      reverse_proxy: { tls: 'internal' },
      relayminer: { keys_file: 'keys.yaml', services },
      ...groups,
    }),
  });
  const deployment = loadDeployment(join(root, 'p.yaml'), { root });
  return { deployment, secrets: loadSecrets(deployment, { create: true }) };
}

/** Errands that are run at once, of which nothing comes. */
const ERRANDS = { note: () => {}, pause: async () => {}, visit: async () => '' };

/** Who is visited, with the relayer that this puts into service there. */
const visited = ({ name, text }: { name: string; text: string }) =>
  `${name}: ${/rm -f .*\/([^']*)/.exec(text)?.[1] ?? 'waits'}`;

/** Asks whether the relayer of a host was left out, where the proxy answers so; and notes what is visited besides. */
async function leftOut(t: TestContext, options: { host?: string; answer: () => string }) {
  const { deployment, secrets } = place(t);
  const host = deployment.host(options.host ?? 'one');
  const seen: string[] = [];
  const out = await relayminerRolling.leftOut?.find(
    { deployment, host, secrets },
    {
      note: (text) => seen.push(text),
      pause: async () => {},
      visit: async ({ name }, { text }) => {
        if (/\bls\b/.test(text)) return options.answer();
        seen.push(visited({ name, text }));
        return '';
      },
    },
  );
  return { out, seen };
}

const answers = (...lines: (string | undefined)[]) => ({ answer: () => lines.join('\n') });

test('a relayer that no proxy says is out of service was not left out', async (t) => {
  for (const options of [answers(TWO), answers(''), { ...answers(ONE), host: 'data' }]) {
    const { out, seen } = await leftOut(t, options);
    assert.equal(out, undefined, JSON.stringify(options));
    assert.deepEqual(seen, []);
  }
});

test('one that is out of service comes back when it is well', async (t) => {
  const { out, seen } = await leftOut(t, answers(TWO, ONE));
  await out?.backWhenWell();
  assert.deepEqual(seen, [
    'it gets no relays from edge so far',
    'waiting until the relayer is ready and its block height grows',
    'one: waits',
    `edge: ${ONE}`,
  ]);
  assert.match(out?.staysOut ?? '', /^It gets no relays from edge now\. The next deploy of relay/);
});

test('a proxy that cannot be asked keeps nobody from going on, and an interruption does', async (t) => {
  const failing = (error: Error) => ({
    answer: () => {
      throw error;
    },
  });
  const { out, seen } = await leftOut(t, failing(new UserError('lost', EXIT.unreachable)));
  assert.equal(out, undefined);
  assert.deepEqual(seen, ['could not ask edge whether it sends relays here']);
  await assert.rejects(
    leftOut(t, failing(new UserError('interrupted', EXIT.interrupted))),
    /inter/,
  );
});

/** Takes the relayer of the host `one` out, where every visit to a lost host fails. */
function takeOut(t: TestContext, { lost, ...changes }: Changes & { lost?: string } = {}) {
  const { deployment, secrets } = place(t, changes);
  const visits: { name: string; text: string }[] = [];
  const out = relayminerRolling.takeOut(
    { deployment, host: deployment.host('one'), secrets },
    {
      ...ERRANDS,
      visit: async ({ name }, { text }) => {
        visits.push({ name, text });
        if (name === lost) throw new UserError('lost', EXIT.unreachable);
        return '';
      },
    },
  );
  return { out, visits };
}

test('the last relayer that is ready stays in service', async (t) => {
  const { out, visits } = takeOut(t, { lost: 'two' });
  await assert.rejects(out, {
    message: /^one: no other relayer is ready \(two\): changing this one now would stop all relays/,
  });
  assert.deepEqual(visits.map(visited), ['two: waits']);
});

test('one other relayer that is ready is enough', async (t) => {
  const { out, visits } = takeOut(t, { lost: 'two', relay_relayers: ['one', 'two', 'data'] });
  await out;
  assert.deepEqual(visits.map(visited).slice(2), ['edge: waits', 'one: waits']);
});

test('a relayer of which nobody learns whether it has answered is put into service again', async (t) => {
  const { out, visits } = takeOut(t, { lost: 'one' });
  await assert.rejects(out, { message: 'lost' });
  assert.deepEqual(visits.map(visited), [
    'two: waits',
    'edge: waits',
    'one: waits',
    `edge: ${ONE}`,
  ]);
});

/** Shell for a host where every pause takes 5 s of the shell's clock, and none of ours. */
const FAST_CLOCK = 'sleep() { SECONDS=$((SECONDS + 5)); }';

test('answers under way are waited for as long as the slowest service may take', async (t) => {
  const streaming = { ...ETH, timeout_profile: 'streaming' };
  const busy = 'docker() { echo 1; }; nsenter() { echo a connection; }';
  for (const [services, longest] of [
    [{ eth: ETH }, 30],
    [{ eth: ETH, llm: streaming }, 600],
  ] as const) {
    const { out, visits } = takeOut(t, { services });
    await out;
    const seconds = Number(bash(`${visits.at(-1)!.text}\necho $SECONDS`, `${FAST_CLOCK}; ${busy}`));
    assert.ok(seconds >= longest && seconds < longest + 30, `${seconds} s`);
  }
});

test('a relayer is well once its block height has grown, and not while it stays', async (t) => {
  const { out, visits } = takeOut(t);
  await (await out).backWhenWell();
  const { text } = visits.findLast(({ name }) => name === 'one')!;
  const telling = (height: string) =>
    bash(
      text,
      `${FAST_CLOCK}; curl() { [[ $* == */ready ]] || echo '"block_height": '${height}; }`,
    );
  assert.throws(() => telling('7'), {
    stdout: /^the block height 7 has not grown within \d+ s\n$/,
  });
  assert.equal(telling('$((7 + SECONDS))'), '');
});

test('miners go first, those that relay besides next, and relayers alone last', (t) => {
  const { deployment, secrets } = place(t, { relay_miners: ['data', 'two'] });
  const rank = (name: string) =>
    relayminerRolling.rank({ deployment, host: deployment.host(name), secrets }, ERRANDS);
  assert.deepEqual(['data', 'two', 'one'].map(rank), [0, 1, 2]);
});

type Told = [leaders: number, suppliers: number];

/** Takes the miner out, and waits until it is well again; how many pauses that takes where it tells this, one by one. */
async function pauses(t: TestContext, told: Told[]) {
  const { deployment, secrets } = place(t);
  let count = 0;
  const out = await relayminerRolling.takeOut(
    { deployment, host: deployment.host('data'), secrets },
    {
      ...ERRANDS,
      pause: async () => {
        assert.ok(told.length > 0, 'it waits on');
        count += 1;
      },
      visit: async () => {
        const [leaders, suppliers] = told.shift() ?? [];
        return `ha_miner_leader_status ${leaders}\nha_miner_supplier_claimed_count ${suppliers}\n`;
      },
    },
  );
  await out.backWhenWell();
  assert.deepEqual(told, []);
  return count;
}

test('a supplier whose key has been taken out of the profile is not waited for', async (t) => {
  const told: Told[] = [
    [1, 5],
    [1, 1],
  ];
  assert.equal(await pauses(t, told), 0);
});

test('after a miner, exactly one that leads is waited for, and every supplier', async (t) => {
  const agreed: Told = [1, 1];
  const disagreeing: Told[] = [
    [0, 1],
    [2, 1],
    [1, 0],
  ];
  for (const other of disagreeing)
    assert.equal(await pauses(t, [agreed, other, agreed]), 1, `${other}`);
});
