import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { pocketdArchive } from '../../lab/standins/pocketd/archive.ts';
import { directoryWith } from '../profile/temporary.ts';

describe('stand-in pocketd', () => {
  const scene = (t: Parameters<typeof directoryWith>[0]) => {
    const home = directoryWith(t, {});
    const { path } = pocketdArchive(home, '9.8.7');
    execFileSync('tar', ['-xzf', path, '-C', home]);
    const client = join(home, '.pocket', 'config', 'client.toml');
    return {
      client,
      run: (words: string[], environment: Record<string, string> = { HOME: home }) =>
        spawnSync(join(home, 'pocketd'), words, {
          encoding: 'utf8',
          env: { PATH: process.env.PATH, ...environment },
        }),
    };
  };

  test('says its version, without a v, and leaves settings in whichever home it finds', (t) => {
    const { run, client } = scene(t);
    assert.equal(run(['version']).stdout, '9.8.7\n');
    assert.match(readFileSync(client, 'utf8'), /^keyring-backend = "os"$/m);
  });
  test('panics without a home', (t) => {
    const { run, client } = scene(t);
    assert.equal(run(['version'], {}).status, 2);
    assert.ok(!existsSync(client));
  });
  test('keeps settings of the client in the long form; the short one changes nothing', (t) => {
    const { run, client } = scene(t);
    assert.equal(run(['config', 'set', 'client', 'chain-id', 'pocket']).status, 0);
    assert.equal(run(['config', 'set', 'node', 'http://x']).status, 0);
    const text = readFileSync(client, 'utf8');
    assert.match(text, /^chain-id = "pocket"$/m);
    assert.match(text, /^node = "tcp:\/\/localhost:26657"$/m);
  });
  test('a node that does not answer, or is none, is an error', (t) => {
    const { run } = scene(t);
    assert.equal(run(['status', '--node', 'http://127.0.0.1:1']).status, 1);
    assert.match(run(['query', 'block', '--node', '127.0.0.1:1']).stderr, /no URL with a scheme/);
  });
  for (const words of [
    [],
    ['keys', 'list'],
    ['keys', 'add', 'me'],
    ['tx', 'bank', 'send'],
    ['init', 'me'],
    ['start'],
    ['relayminer', 'start'],
    ['version', '--short'],
    ['config', 'set', 'client', 'colour', 'blue'],
    ['config', 'set', 'client', 'node'],
    ['query', 'bank', 'balances'],
    ['status', '--output', 'json'],
  ]) {
    test(`refuses ${words.join(' ') || 'nothing'}`, (t) => {
      const { status, stderr } = scene(t).run(words);
      assert.equal(status, 1);
      assert.match(stderr, /stand-in pocketd/);
    });
  }
});
