import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import { heightCheck, heightVerdict } from '../../../lib/checks/relayminer-height.ts';
import { ask } from './ask.ts';
import { labContext, NOTHING } from './deployment.ts';
import { answered, moved } from './moved.ts';

const NOW = Date.parse('2026-08-19T12:00:00Z') / 1000;
const FIXES = { node: 'the node', publisher: 'the miner' };
const status = (height: number, secondsAgo = 10, now = NOW) =>
  JSON.stringify({
    result: {
      node_info: { network: 'pocket' },
      sync_info: {
        latest_block_height: String(height),
        latest_block_time: new Date((now - secondsAgo) * 1000).toISOString(),
        catching_up: false,
      },
    },
  });

const { network } = labContext().deployment;
const main = { ...network, name: 'main', blockTimeSeconds: 60 } as const;
const judged = (first: string, last: string, chain?: string) => {
  const told = chain === undefined ? '' : `${chain}\n200 application/json`;
  const { verdict, evidence, fix } = heightVerdict(
    answered(`${first} ${last}\n${NOW}\n${told}`),
    main,
    180,
    FIXES,
  );
  return { told: `${verdict}: ${evidence}`, fix };
};

test('a relayer that is where a chain is whose blocks are new need not be waited for', () => {
  assert.equal(judged('900', '900', status(900)).told, 'pass: block 900; the chain is at 900');
  assert.equal(judged('898', '898', status(900)).told, 'pass: block 898; the chain is at 900');
  assert.equal(judged('902', '902', status(900)).told, 'pass: block 902; the chain is at 900');
});

test('a relayer that stands still while the chain goes on fails, for want of a miner that publishes', () => {
  assert.deepEqual(judged('897', '897', status(900)), {
    told: 'fail: block 897; the chain is at 900; wanted: at most 2 behind',
    fix: 'the miner',
  });
  assert.match(judged('890', '893', status(900)).told, /^fail/);
  assert.deepEqual(judged('0', '0', status(900)), {
    told: 'fail: block height 0: no miner has published a block yet',
    fix: 'the miner',
  });
});

test('of a chain that stands still itself, that is what is told', () => {
  const { told, fix } = judged('900', '900', status(900, 400));
  assert.match(told, /^fail: block 900, and of the chain: block 900 is 400 s old/);
  assert.equal(fix, 'the node');
  assert.match(
    judged('900', '900', status(900, 200)).told,
    /^warn: .* is 200 s old; wanted: at most 180 s/,
  );
});

test('where the chain does not tell, or is behind the relayer, the height has to grow', () => {
  for (const chain of [undefined, '<html>', '{"error":{}}', status(880)]) {
    assert.equal(judged('900', '901', chain).told, 'pass: block 900, then 901');
    assert.deepEqual(judged('900', '900', chain), {
      told: 'fail: block height 900 has not grown within 180 s',
      fix: 'the node',
    });
    assert.match(judged('0', '0', chain).told, /^fail: block height 0/);
  }
  assert.equal(judged('', '', status(900)).told, 'fail: it tells no block height');
});

/** Servers on loopback in the place of the relayer and of the chain; what they say may change. */
async function served(t: TestContext, answers: Record<string, () => string | undefined>) {
  const server = createServer((request, response) => {
    const answer = answers[request.url ?? '']?.();
    response.writeHead(answer === undefined ? 404 : 200).end(answer);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  return (server.address() as AddressInfo).port;
}

const asked = async (
  t: TestContext,
  answers: Record<string, () => string | undefined>,
  chain = true,
) => {
  const port = await served(t, answers);
  const rpcUrl = chain ? `http://127.0.0.1:${port}` : `http://${NOTHING}`;
  const context = labContext({ network: { blockTimeSeconds: 1, rpcUrl } });
  const began = performance.now();
  const [finding] = Object.values(
    await ask(moved([heightCheck(context, 'mend it')], { 8080: port, 9090: port })),
  );
  return {
    told: `${finding!.verdict}: ${finding!.evidence}`,
    seconds: (performance.now() - began) / 1000,
  };
};
const metric = (height: string) =>
  `# TYPE ha_relayer_current_block_height gauge\nha_relayer_current_block_height ${height}\n`;
const current = (height: number) => () => status(height, 0, Date.now() / 1000);

test('the metric is read, with an exponent as without, and tells within seconds', async (t) => {
  const { told, seconds } = await asked(t, {
    '/metrics': () => metric('1.234566e+06'),
    '/status': current(1_234_567),
  });
  assert.equal(told, 'pass: block 1234566; the chain is at 1234567');
  assert.ok(seconds < 5, `${seconds} s`);
});

test('where there is no such metric, the port of relays is asked', async (t) => {
  const { told } = await asked(t, {
    '/metrics': () => 'go_goroutines 9\n',
    '/ready': () => '{"status":"healthy","block_height": 41}',
    '/status': current(41),
  });
  assert.equal(told, 'pass: block 41; the chain is at 41');
});

test('a relayer that catches up meanwhile passes', async (t) => {
  let height = 30;
  const { told } = await asked(t, {
    '/metrics': () => {
      height += 5;
      return metric(String(height));
    },
    '/status': current(41),
  });
  assert.equal(told, 'pass: block 40; the chain is at 41');
});

test('without the chain, the next block is waited for', async (t) => {
  let asks = 0;
  const answers = {
    '/metrics': () => {
      asks += 1;
      return metric(asks < 3 ? '30' : '31');
    },
  };
  const { told, seconds } = await asked(t, answers, false);
  assert.equal(told, 'pass: block 30, then 31');
  assert.ok(seconds >= 1, `${seconds} s`);
});

test('a relayer that does not answer fails', async (t) => {
  const { told } = await asked(t, { '/status': current(41) });
  assert.match(told, /^fail: no answer: /);
});
