import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import {
  streamChecks,
  streamsProbe,
  streamsVerdict,
} from '../../../lib/checks/relayminer-streams.ts';
import { Redis } from '../../lab/standins/shared/redis.ts';
import { missing, startRedis } from '../standins/harness.ts';
import { ask, checkOf } from './ask.ts';
import { labContext } from './deployment.ts';

const skip = missing('experimental');
const PASSWORD = 'a password of the tests';
const told = (output: string) => {
  const { verdict, evidence } = streamsVerdict(output);
  return `${verdict}: ${evidence}`;
};

test('relays that nobody takes are told with their supplier', () => {
  assert.equal(told('waiting 0\n'), 'pass: 0 on their way');
  assert.equal(told('waiting 40\n'), 'pass: 40 on their way');
  assert.equal(
    told('pokt1a 2 claimed\nwaiting 2\n'),
    'fail: 2 relays wait, and none was taken within 5 s: of pokt1a',
  );
  assert.equal(
    told('pokt1a 2 claimed\npokt1b 3 claimed\npokt1c 4 unclaimed\nwaiting 9\n'),
    'fail: 5 relays wait, and none was taken within 5 s: of pokt1a and 1 more',
  );
  assert.equal(
    told('pokt1c 4 unclaimed\nwaiting 4\n'),
    'warn: 4 relays wait that no miner takes, since none works for who is not staked: of pokt1c',
  );
  assert.match(told(''), /^fail/);
});

async function redisFor(t: TestContext) {
  const port = await startRedis('experimental', '--maxmemory', '64mb', '--requirepass', PASSWORD);
  const redis = await new Redis(
    `redis://:${encodeURIComponent(PASSWORD)}@127.0.0.1:${port}`,
  ).connect();
  t.after(() => redis.close());
  return { port, redis };
}

async function asked(port: number, suppliers: string[], value = PASSWORD) {
  const login = { server: { host: '127.0.0.1', port }, tls: false, password: true };
  const check = checkOf('one', streamsProbe(login, suppliers), {
    secrets: ['redis_password'],
    judge: ({ status, output, errors }) => ({
      ...{ verdict: 'pass', evidence: status === 0 ? output : errors },
    }),
  });
  const { one } = await ask([check], { secrets: [{ name: 'redis_password', value }] });
  return one!.evidence;
}

test('in a real Redis: what is taken, what is worked on, and what nobody takes', {
  skip,
}, async (t) => {
  const { port, redis } = await redisFor(t);
  const add = (supplier: string) => redis.send('XADD', `ha:relays:${supplier}`, '*', 'lag', ':7');
  const group = (supplier: string) =>
    redis.send('XGROUP', 'CREATE', `ha:relays:${supplier}`, 'ha-miners', '0', 'MKSTREAM');
  const take = async (supplier: string) => {
    const key = `ha:relays:${supplier}`;
    const read = [
      'XREADGROUP',
      'GROUP',
      'ha-miners',
      'm',
      'COUNT',
      1,
      'STREAMS',
      key,
      '>',
    ] as const;
    const [[, [[id]]]] = (await redis.send(...read)) as [[string, [[string]]]];
    return redis.send('XACKDEL', key, 'ha-miners', 'DELREF', 'IDS', 1, id);
  };
  const read = (supplier: string) =>
    redis.send('XREADGROUP', 'GROUP', 'ha-miners', 'm', 'STREAMS', `ha:relays:${supplier}`, '>');
  // Nobody ever asked for these.
  await add('ungrouped');
  // A miner took one, and then no more.
  await group('left');
  await redis.send('SET', 'ha:miner:claim:left', 'm');
  for (let count = 0; count < 3; count += 1) await add('left');
  await take('left');
  // Taken, and worked on.
  await group('pending');
  await add('pending');
  await read('pending');
  // Idle until now: what arrives while it is asked has not waited.
  await group('idle');
  await redis.send('SET', 'ha:miner:claim:idle', 'm');
  const arrived = t
    .waitFor(
      async () =>
        assert.match(String(await redis.send('INFO', 'commandstats')), /^cmdstat_exists:/m),
      { timeout: 10_000 },
    )
    .then(() => add('idle'));
  // Slow, yet at work.
  await group('slow');
  for (let count = 0; count < 20; count += 1) await add('slow');
  const working = setInterval(() => void take('slow'), 700);
  t.after(() => clearInterval(working));
  const suppliers = ['idle', 'nothing', 'ungrouped', 'left', 'pending', 'slow', 'last'];
  const [evidence] = await Promise.all([asked(port, suppliers), arrived]);
  clearInterval(working);
  assert.match(evidence, /^ungrouped 1 unclaimed\nleft 2 claimed\nwaiting 1\d\n$/);
});

test('a Redis that refuses is no Redis without relays', { skip }, async (t) => {
  const { port } = await redisFor(t);
  assert.match(await asked(port, ['a'], 'another'), /^Redis: -WRONGPASS/);
});

test('where Redis does not tell, it is Redis that is to be mended', () => {
  const check = streamChecks(labContext())[0]!;
  const silent = { ran: true, status: 1, output: '', errors: 'no answer', milliseconds: 1 };
  const { verdict, fix } = check.judge(silent);
  assert.equal(verdict, 'fail');
  assert.match(fix ?? '', /^scripts\/redis\.mjs /);
  assert.match(check.fix, /^scripts\/relayminer\.mjs /);
});
