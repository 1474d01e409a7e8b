import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { parse } from 'yaml';
import { ROOT } from '../../../lib/own-files.ts';
import type { Shell } from '../../../lib/shell.ts';
import { STACKS, stack } from '../../../lib/steps/stack.ts';
import { temporary } from './run.ts';

/** The services of Redis's compose.override.yaml on a host whose Docker says this of its version, where `asked` can ask. */
function services(answer: string, asked = 'curl'): Record<string, Record<string, unknown>> {
  const steps = stack({ name: 'redis', env: '' });
  const override = steps.find(({ title }) => title.endsWith('/compose.override.yaml'));
  const docker = `curl() { return 127; }; docker() { return 1; }
    ${asked}() { printf %s '${answer}'; [[ '${answer}' ]]; }`;
  const script = `set -u\n${docker}\n${(override!.content as Shell).text}`;
  const { stdout, status, stderr } = spawnSync('bash', ['-c', script], { encoding: 'utf8' });
  assert.equal(status, 0, stderr);
  return parse(stdout).services;
}

test('the health of a container that starts is asked for each second where Docker can, else often for ever', () => {
  const from = (api: string) => services(`{"Version":"27.5.1","ApiVersion":"${api}"}`).redis;
  assert.deepEqual(from('1.47')?.healthcheck, { start_interval: '1s' });
  assert.deepEqual(from('1.44')?.healthcheck, { start_interval: '1s' });
  for (const older of ['1.43', '1.41'])
    assert.deepEqual(from(older)?.healthcheck, { interval: '3s' });
  const without = services('"ApiVersion":"1.41"', 'docker').redis;
  assert.deepEqual(without?.healthcheck, { interval: '3s' }, 'curl is not there');
});

test('a Docker that does not answer for a moment makes no container anew', () => {
  assert.deepEqual(services(''), services('{"Version":"27.5.1","ApiVersion":"1.47"}'));
});

const RELAYER = 'relayer/relayer.yaml';
const MINER = 'miner/miner.yaml';
const KEYS = 'keys/keys.yaml';
const SECOND = 1000;

/** RelayMiner's stack in a directory of this test's own: what its steps would run there. */
function relayminerStack(
  t: TestContext,
  paths = [KEYS, RELAYER, MINER],
  services?: ('relayer' | 'miner')[],
) {
  const root = temporary(t);
  const at = join(root, 'relayminer');
  const steps = stack({
    name: 'relayminer',
    env: '',
    files: paths.map((path) => ({ path, content: '' })),
    ...(services && { services }),
  });
  const shell = (text: string) => text.replaceAll(STACKS, root);
  const override = steps.find(({ title }) => title.endsWith('/compose.override.yaml'));
  const up = steps.at(-1)!;
  /** Writes a file so many seconds ago. */
  const write = (path: string, text: string, ago = 0) => {
    const file = join(at, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
    utimesSync(file, new Date(), new Date(Date.now() - ago * SECOND));
  };
  return {
    write,
    labels: () => {
      const { stdout } = bash(`curl() { false; }\n${shell((override!.content as Shell).text)}`);
      const { services } = parse(stdout);
      return [services.relayer, services.miner].map(({ labels }) => labels['pocket.files']);
    },
    check: (state: string) => bash(`stack_state() { echo ${state}; }\n${shell(up.check.text)}`),
    apply: (docker: string) => bash(`${docker}\n${shell(up.apply.text)}`),
  };
}

function bash(script: string) {
  return spawnSync('bash', ['-c', `set -eu -o pipefail\n${script}`], { encoding: 'utf8' });
}

test('a container is made anew for a file that it mounts, and for no other', (t) => {
  const { write, labels } = relayminerStack(t);
  for (const path of [KEYS, RELAYER, MINER]) write(path, 'one');
  const [relayer, miner] = labels();
  write(RELAYER, 'two');
  const [otherRelayer, sameMiner] = labels();
  assert.notEqual(otherRelayer, relayer);
  assert.equal(sameMiner, miner);
  write(MINER, 'two');
  assert.deepEqual([labels()[0], labels()[1] === miner], [otherRelayer, false]);
  const before = labels();
  write(KEYS, 'two');
  assert.ok(labels().every((label, index) => label !== before[index]));
});

test('a file that no container mounts is nobody’s', (t) => {
  const { write, labels, check } = relayminerStack(t, [RELAYER, 'other/file']);
  write(RELAYER, 'one', 60);
  write('other/file', 'one', 60);
  write('.applied', 'well\n', 30);
  const before = labels();
  write('other/file', 'two');
  assert.deepEqual(labels(), before);
  assert.equal(check('well').status, 0);
  write(RELAYER, 'two');
  assert.notEqual(check('well').status, 0);
});

/** read_before of the prelude, with containers that run for so many seconds, and what is brought up told. */
const running = (seconds: Record<string, number>) => `
${/^read_before\(\) \{[\s\S]*?^\}/m.exec(readFileSync(join(ROOT, 'lib/run/prelude.bash'), 'utf8'))![0]}
remove_half_made() { :; }
unpause() { :; }
until_asked_again() { :; }
stack_state() { :; }
docker() {
  case "$*" in
${Object.entries(seconds)
  .map(
    ([service, age]) =>
      `    *"compose.service=${service}"*) echo ${service} ;;
    *"inspect"*" ${service}") date -u -d "${age} seconds ago" +%Y-%m-%dT%H:%M:%SZ ;;`,
  )
  .join('\n')}
    'compose up'*) echo "up: \${*: -3}" ;;
    'compose config'*) ;;
    'compose rm'*) echo "rm: \${*:3}" ;;
    ps*) ;;
    *) echo "unexpected: $*" >&2; exit 9 ;;
  esac
}
xargs() { local words; words=$(cat); [[ ! $words ]] || "\${@:2}" $words; }`;

test('who runs since before its file was mended is started anew, and nobody else', (t) => {
  const { write, apply } = relayminerStack(t);
  write(KEYS, 'one', 60);
  write(RELAYER, 'one', 10);
  write(MINER, 'one', 60);
  const told = (seconds: Record<string, number>) => {
    const { stdout, stderr, status } = apply(running(seconds));
    assert.equal(status, 0, stderr);
    return stdout.split('\n').filter(Boolean).slice(1);
  };
  assert.deepEqual(told({ relayer: 30, miner: 30 }), ['up: --force-recreate --no-deps relayer']);
  assert.deepEqual(told({ relayer: 5, miner: 30 }), []);
  assert.deepEqual(told({ miner: 30 }), []);
  write(KEYS, 'two', 10);
  assert.deepEqual(told({ relayer: 5, miner: 30 }), ['up: --force-recreate --no-deps miner']);
});

test('a service that the host no longer has is ended with the next change of its stack', (t) => {
  const { write, apply } = relayminerStack(t, [KEYS, MINER], ['miner']);
  for (const path of [KEYS, MINER]) write(path, 'one', 60);
  const { stdout, stderr, status } = apply(running({ miner: 5 }));
  assert.equal(status, 0, stderr);
  assert.deepEqual(stdout.trim().split('\n').slice(1), ['rm: --stop --force relayer']);
});

test('what was written while the clock was ahead is applied once, and not with every deploy', (t) => {
  const { write, apply, check } = relayminerStack(t);
  for (const path of [KEYS, RELAYER, MINER]) write(path, 'one', 60);
  write(RELAYER, 'two', -3600);
  assert.equal(apply(running({ relayer: 5, miner: 5 })).status, 0);
  assert.equal(check('-n').status, 0);
  write(RELAYER, 'three', -3700);
  assert.notEqual(check('-n').status, 0);
});

test('what a run has written that was cut off before it brought it up is brought up by the next', (t) => {
  for (const path of ['compose.yaml', '.env', 'compose.override.yaml']) {
    const { write, check } = relayminerStack(t);
    for (const other of [KEYS, RELAYER, MINER]) write(other, 'one', 60);
    write('.applied', 'well\n', 30);
    assert.equal(check('well').status, 0);
    write(path, 'of another image');
    assert.notEqual(check('well').status, 0, path);
  }
});
