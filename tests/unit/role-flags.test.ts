import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { EXIT } from '../../lib/exit-codes.ts';
import { ROOT } from '../lab/paths.ts';
import { directoryWith } from './profile/temporary.ts';

/** What a role's script says against being run on one host with these options, from a directory with these files. */
function refusal(
  t: TestContext,
  script: string,
  words: readonly string[],
  files: Record<string, string> = {},
): string[] {
  const home = directoryWith(t, files);
  const given = ['--host', 'root@203.0.113.10', '--print', ...words];
  const run = spawnSync(process.execPath, [join(ROOT, 'scripts', `${script}.mjs`), ...given], {
    encoding: 'utf8',
    cwd: home,
    env: { ...process.env, POCKET_AUTOMATIONS_HOME: home, NO_COLOR: '1' },
  });
  assert.deepEqual([run.status, run.stdout], [EXIT.usage, ''], run.stderr);
  return run.stderr.trimEnd().split('\n');
}

const MAIN = ['--pocket-network', 'main'];

describe('a role alone that lacks something names the options that give it', () => {
  const owner = 'missing, expected the pokt1… address of the wallet that will sign in as owner';
  const cases: [script: string, words: string[], lines: string[]][] = [
    [
      'provider',
      MAIN,
      [
        `--provider-owner-identity: ${owner}`,
        '--provider-owner-email: missing, expected an e-mail address',
      ],
    ],
    [
      'middleman',
      MAIN,
      [
        `--middleman-owner-identity: ${owner}`,
        '--middleman-owner-email: missing, expected an e-mail address',
      ],
    ],
    [
      'middleman',
      [
        ...MAIN,
        '--middleman-owner-email=me@nodes.net',
        '--middleman-owner-identity=pokt1s6mfp75w66t7l44hyryaqcma5t2j8fswnl379y',
      ],
      ['--middleman-domain: missing, expected it with middleman_hosts: wallets sign in there'],
    ],
    [
      'relayminer',
      MAIN,
      [
        '--relayminer-keys-file: missing, expected the file of the supplier keys',
        '--relayminer-services: missing, expected at least one service for the relayers',
      ],
    ],
    [
      'redis',
      ['--redis-maxmemory=lots'],
      ['--redis-maxmemory: "lots", expected an amount of memory such as 512mb or 3gb'],
    ],
  ];
  for (const [script, words, lines] of cases) {
    test(`scripts/${script}.mjs ${words.join(' ')}`, (t) => {
      assert.deepEqual(refusal(t, script, words), lines);
    });
  }

  test('several, where either of them does', (t) => {
    const [line = '', ...others] = refusal(t, 'pocketd', [...MAIN, '--pocketd-version=v9.9.9']);
    assert.deepEqual(others, []);
    assert.match(
      line,
      /^--pocketd-sha256-amd64, --pocketd-sha256-arm64: missing: the sha256 of v9/,
    );
  });
});

test('what no option of a script gives takes a profile', (t) => {
  const words = [...MAIN, '--redis-mode=sentinel', '--relayminer-keys-file=keys.yaml'];
  const services = { 's.yaml': 'eth: {backends: {jsonrpc: {url: "http://10.0.0.9:8545"}}}' };
  assert.deepEqual(refusal(t, 'relayminer', [...words, '--relayminer-services=s.yaml'], services), [
    'redis_hosts: expected three hosts or more: fewer Sentinels have no majority; no option gives this: write a profile and give --profile FILE',
  ]);
});

describe('a file that an option names', () => {
  const words = [...MAIN, '--relayminer-keys-file=keys.yaml', '--relayminer-services'];

  test('is named where something in it is wrong', (t) => {
    const files = { 'p/svc.yaml': 'eth: {backends: {jsonrpc: {url: nonsense}}}' };
    assert.deepEqual(refusal(t, 'relayminer', [...words, 'p/svc.yaml'], files), [
      '--relayminer-services p/svc.yaml: eth.backends.jsonrpc.url: "nonsense", expected a URL that begins with http:// or https://',
    ]);
  });

  test('is named where it is something else as a whole', (t) => {
    assert.deepEqual(refusal(t, 'relayminer', [...words, 'list.yaml'], { 'list.yaml': '- eth' }), [
      '--relayminer-services list.yaml: a list, expected a mapping of service ids to services',
    ]);
  });

  test('is named where it is missing, or cannot be read as YAML', (t) => {
    assert.deepEqual(refusal(t, 'relayminer', [...words, 'nope.yaml']), [
      '--relayminer-services nope.yaml: no such file',
    ]);
    assert.deepEqual(refusal(t, 'relayminer', [...words, '.']), [
      '--relayminer-services .: cannot be read (EISDIR)',
    ]);
    const [line = '', ...others] = refusal(t, 'relayminer', [...words, 'bad.yaml'], {
      'bad.yaml': 'eth:\n  backends: jsonrpc: x\n',
    });
    assert.match(
      line,
      /^--relayminer-services bad\.yaml: not valid YAML: .* at line 2, column \d+$/,
    );
    assert.deepEqual(others, []);
  });
});
