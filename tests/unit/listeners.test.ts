import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { jsonListener, plainListener, processTerminal } from '../../lib/commands/listeners.ts';
import type { StepEvent } from '../../lib/run/run-script.ts';
import { redis } from '../../scripts/redis.mjs';

const host = (name: string) => ({ name, address: '203.0.113.1', local: false, roles: [] });
const event = (type: StepEvent['type'], title: string): StepEvent => ({
  ...{ type, title, number: 1, role: 'redis', milliseconds: 5, exitStatus: 0, output: '' },
});

/** What is written while two hosts work on a step each, and one of them ends it. */
function written(terminal: { live: boolean; colour: boolean }): string {
  let text = '';
  const err = (more: string) => {
    text += more;
  };
  const listener = plainListener({ ...terminal, out: assert.fail, err, verbose: false });
  for (const name of ['alpha', 'beta']) {
    listener.begun({ host: host(name), roles: [redis] }, 3);
    listener.step(host(name), event('started', 'Write it'));
  }
  listener.step(host('alpha'), event('changed', 'Write it'));
  listener.close();
  return text;
}

/** What a terminal shows of a text that draws over itself. */
function shown(text: string): string[] {
  const lines: string[] = [''];
  for (const [, up, below, line] of text.matchAll(/\x1b\[(\d+)A|(\x1b\[J)|([^\x1b]+)/g)) {
    if (up) lines.splice(-1 - Number(up), Number(up) + 1, '');
    else if (below) continue;
    else {
      const [first = '', ...others] = line!.split('\n');
      lines[lines.length - 1] += first;
      lines.push(...others);
    }
  }
  return lines;
}

describe('progress', () => {
  test('on a terminal is a line for each host with its step in hand, drawn over', () => {
    const text = written({ live: true, colour: false });
    const step = text.lastIndexOf('alpha  changed');
    assert.match(text.slice(step), /^alpha 1\/3 redis: Write it \d+ s$/m);
    assert.match(text.slice(step), /^beta 0\/3 redis: Write it \d+ s$/m);
    assert.deepEqual(shown(text), ['alpha  changed    redis: Write it', '']);
  });

  test('elsewhere is one plain line for what was changed', () => {
    assert.equal(written({ live: false, colour: false }), 'alpha  changed    redis: Write it\n');
  });

  test('has colours when they are wanted', () => {
    assert.equal(
      written({ live: false, colour: true }),
      'alpha  \x1b[33mchanged  \x1b[0m  redis: Write it\n',
    );
  });
});

describe('a terminal', () => {
  const cases: [isTTY: boolean, env: Record<string, string>, live: boolean, colour: boolean][] = [
    [true, {}, true, true],
    [true, { NO_COLOR: '1' }, true, false],
    [true, { NO_COLOR: '1', FORCE_COLOR: '1' }, true, false],
    [true, { TERM: 'dumb' }, false, false],
    [true, { FORCE_COLOR: '0' }, true, false],
    [false, {}, false, false],
    [false, { FORCE_COLOR: '1' }, false, true],
    [false, { NO_COLOR: '' }, false, false],
  ];
  for (const [isTTY, env, live, colour] of cases) {
    const what = Object.entries(env).map(([name, value]) => `${name}=${value}`);
    test(`${isTTY ? 'that is one' : 'that is a file'} ${what.join(' ')}`, (t) => {
      const { env: before } = process;
      const descriptor = Object.getOwnPropertyDescriptor(process.stderr, 'isTTY');
      t.after(() => {
        process.env = before;
        if (descriptor) Object.defineProperty(process.stderr, 'isTTY', descriptor);
        else delete (process.stderr as { isTTY?: boolean }).isTTY;
      });
      process.env = { TERM: 'xterm', ...env };
      Object.defineProperty(process.stderr, 'isTTY', { value: isTTY, configurable: true });
      const terminal = processTerminal({});
      assert.deepEqual([terminal.live, terminal.colour], [live, colour]);
    });
  }
});

test('what would be carried to a host is told as pending, and what was as changed', () => {
  const lines: string[] = [];
  const err = (text: string) => lines.push(text);
  const terminal = { live: false, colour: false, verbose: false, out: assert.fail, err };
  const carried = { title: 'Load images', items: ['a:1', 'b:2'], bytes: 7_000_000 };
  const plain = plainListener(terminal);
  plain.transfer(host('alpha'), { ...carried, sent: 0, pending: true });
  plain.close();
  assert.deepEqual(lines, ['alpha  pending    Load images: a:1, b:2 (7 MB)\n']);
  const events: string[] = [];
  const json = jsonListener({ ...terminal, out: (text) => events.push(text) });
  json.transfer(host('alpha'), { ...carried, sent: 0, pending: true });
  for (const sent of [0, 5_000_000, 7_000_000]) json.transfer(host('alpha'), { ...carried, sent });
  const told = { type: 'transfer', host: 'alpha', ...carried };
  assert.deepEqual(
    events.map((text) => JSON.parse(text)),
    [{ ...told, status: 'pending' }, told, { ...told, status: 'changed' }],
  );
});
