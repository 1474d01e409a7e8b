import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import { parse as parseDotenv } from 'dotenv';
import { parse as parseYaml, stringify } from 'yaml';
import { loadDeployment } from '../../lib/deployment.ts';
import { UserError } from '../../lib/exit-codes.ts';
import { ProfileError } from '../../lib/profile/problem.ts';
import { compile, header, secretsIn } from '../../lib/run/compile.ts';
import { writeSshConfig } from '../../lib/run/ssh-config.ts';
import { loadSecrets } from '../../lib/secrets/secrets.ts';
import type { Step } from '../../lib/step.ts';
import { roles } from '../../scripts/deploy.mjs';
import { skip } from '../unit/engine/run.ts';
import { directoryWith } from '../unit/profile/temporary.ts';
import { type Data, fullProfile } from './full-profile.ts';
import { CANARY, nastyValue } from './nasty-values.ts';
import { randomFrom, SEED } from './random.ts';
import { stringFields, textAt, withText } from './string-fields.ts';

const CASES = 1000;
const hasCompose = spawnSync('docker', ['compose', 'version']).status === 0;
const KEY = '11'.repeat(32);
const SECRETS: Record<string, string> = {
  HOSTILE_POSTGRES: 'postgres-password-of-the-test',
  HOSTILE_REDIS: 'redis-password-of-the-test',
  HOSTILE_AUTH: 'auth-secret-of-the-test-with-forty-eight-characters',
  HOSTILE_HEADER: 'header-secret-of-the-test',
  HOSTILE_DNS: 'dns-token-of-the-test',
  HOSTILE_PORTAL: 'portal-password-of-the-test',
};

/** Texts that nothing on a host is made of: what they say is used on the operator's machine, or names something. */
const ELSEWHERE =
  /^(?:name|extends|relayminer keys_file|middleman trusted_authority|pocketd archive|secrets .*|images bundle|reverse_proxy (?:acme_trusted_authority|dns_token|certificates .*|provider_admin password)|\w+_(?:hosts|relayers|miners) #|hosts @)$/;

/** What a case comes to: the text of its files, by path, or the message with which it is refused. */
type Compiled = { script: string; ssh: string } | { refused: string };

/** The profile that every case changes in one place, with every text that the schema has in one place at least. */
function base(): Data {
  const profile = fullProfile();
  profile.secrets = {
    postgres_password: 'env:HOSTILE_POSTGRES',
    redis_password: 'env:HOSTILE_REDIS',
    auth_secret: 'env:HOSTILE_AUTH',
  };
  return profile;
}

/** Compiles what a profile writes on its hosts, with what differs from the base only. */
function compiled(
  directory: string,
  profile: Data,
  known: ReadonlySet<string>,
): Compiled & { texts: string[] } {
  const path = join(directory, 'p.yaml');
  writeFileSync(path, stringify(profile, { lineWidth: 0 }));
  const texts: string[] = [];
  try {
    const deployment = loadDeployment(path, { root: directory });
    const secrets = loadSecrets(deployment, { create: true });
    const changed: Step[] = [];
    for (const host of deployment.hosts) {
      const steps = roles
        .filter(({ name }) => host.roles.includes(name))
        .flatMap((role) => role.steps({ deployment, host, secrets }));
      compile('all', steps, secrets.named());
      const written = steps.filter(({ title }) => title.startsWith('Write /opt/'));
      const text = (step: Step) =>
        JSON.stringify([step.title, step.content, step.check, step.apply]);
      texts.push(...written.map(text));
      const differs = written.filter((step) => !known.has(text(step)));
      // It has the hash of the stack's other files, so it cannot be written without them.
      const whole = differs
        .map(({ title }) => /^(.*\/)compose\.override\.yaml$/.exec(title)?.[1])
        .filter((stack) => stack !== undefined);
      changed.push(
        ...written.filter(
          (step) => differs.includes(step) || whole.some((stack) => step.title.startsWith(stack)),
        ),
      );
    }
    const named = secrets.named();
    const script = compile('a case', changed, named);
    const sent = header({ dryRun: false, nonce: '', secrets: secretsIn(script, named) }) + script;
    return { script: sent, ssh: writeSshConfig(deployment), texts };
  } catch (error) {
    if (error instanceof ProfileError || error instanceof UserError)
      return { refused: error.message, texts };
    throw error;
  }
}

/** Runs scripts in a /run, /opt and /usr/local/sbin of their own; what they wrote is below `out/<number>`. */
function runAll(directory: string): void {
  // It is asked for the gateway of its network, too.
  const docker = '#!/bin/sh\necho 172.18.0.1\n';
  mkdirSync(join(directory, 'bin'), { recursive: true });
  writeFileSync(join(directory, 'bin/docker'), docker);
  chmodSync(join(directory, 'bin/docker'), 0o755);
  const driver = `set -e
mount -t tmpfs tmpfs /run; mount -t tmpfs tmpfs /opt
mount --bind ${directory}/bin /usr/local/sbin
for script in ${directory}/cases/*.sh; do
  rm -rf /opt/pocket
  grep -oE '/opt/pocket/[A-Za-z0-9_./-]+' "$script" | xargs -n1 dirname | sort -u | xargs mkdir -p /opt/pocket
  bash -c 'eval "$(cat)"' <"$script" >"$script.log" 2>&1 || echo "exit $?" >>"$script.log"
  cp -a /opt/pocket "$script.out"
done`;
  const ran = spawnSync('unshare', ['--mount', 'bash', '-c', driver], { encoding: 'utf8' });
  assert.equal(ran.status, 0, ran.stderr);
}

/** What Docker Compose reads of env lines like those of the cases, with names of their own: as env_file and when it interpolates. */
function composeReads(directory: string, lines: readonly string[]): [string, string][] {
  const names = lines.map((_, index) => `V${index}`);
  const env = lines.map((line, index) => `V${index}=${line.slice(line.indexOf('=') + 1)}\n`);
  const environment = Object.fromEntries(names.map((name) => [name, `\${${name}}`]));
  const compose = {
    services: { file: { image: 'x', env_file: '.env' }, text: { image: 'x', environment } },
  };
  mkdirSync(join(directory, 'compose'));
  writeFileSync(join(directory, 'compose/.env'), env.join(''));
  writeFileSync(join(directory, 'compose/compose.yaml'), stringify(compose, { lineWidth: 0 }));
  const run = spawnSync('docker', ['compose', 'config', '--format', 'json'], {
    ...{ cwd: join(directory, 'compose'), encoding: 'utf8', maxBuffer: 1e9 },
  });
  assert.equal(run.status, 0, run.stderr);
  const { file, text } = JSON.parse(run.stdout).services;
  // Compose doubles every dollar when it prints its configuration.
  const read = (service: typeof file, name: string) =>
    String(service.environment[name]).replaceAll('$$', '$');
  return names.map((name) => [read(file, name), read(text, name)]);
}

const STACKS = ['provider', 'postgres', 'temporal', 'redis', 'relayminer', 'reverse-proxy'];
const TREES = ['relayminer/relayer/relayer.yaml', 'relayminer/miner/miner.yaml'];

/** Every text that the files of a case hold, as their readers read them. */
function readBack(out: string): Record<string, unknown> {
  const read: Record<string, unknown> = {};
  const values = 'reverse-proxy/caddy/wanted/values.env';
  for (const file of [...STACKS.map((stack) => `${stack}/.env`), values]) {
    const path = join(out, file);
    if (existsSync(path)) read[file] = parseDotenv(readFileSync(path));
  }
  for (const tree of TREES.filter((one) => existsSync(join(out, one)))) {
    const text = readFileSync(join(out, tree), 'utf8');
    const old = parseYaml(text, { version: '1.1' });
    assert.deepEqual(old, parseYaml(text, { version: '1.2' }), `${tree}, as YAML 1.1 and 1.2`);
    read[tree] = old;
  }
  const password = join(out, 'redis/config/password.conf');
  if (existsSync(password)) {
    const [, quoted = ''] = /^requirepass (.*)\n$/s.exec(readFileSync(password, 'utf8')) ?? [];
    read.redis = JSON.parse(quoted);
  }
  return read;
}

/** Where ssh would go, as whom and with which key, by a configuration that it must read without a complaint. */
function sshReads(config: string): Record<string, string> {
  const { stdout, stderr } = spawnSync('ssh', ['-G', '-T', '-F', config, 'front'], {
    encoding: 'utf8',
  });
  assert.equal(stderr, '');
  const lines = stdout.split('\n');
  const read = (word: string) =>
    lines.find((line) => line.startsWith(`${word} `))?.slice(word.length + 1) ?? '';
  const [hostname, user] = [read('hostname'), read('user')];
  return {
    hostname: hostname.toLowerCase(),
    user,
    identityfile: read('identityfile').replaceAll('%%', '%'),
  };
}

/** The same data with one text in place of another, wherever it stands, also as it stands in a URL. */
function substituted(data: unknown, from: string, to: string): unknown {
  if (typeof data === 'string') {
    const inUrl = /^(?:postgres|redis):\/\//.test(data);
    return data.replaceAll(from, () => (inUrl ? encodeURIComponent(to) : to));
  }
  if (Array.isArray(data)) return data.map((item) => substituted(item, from, to));
  if (typeof data !== 'object' || data === null) return data;
  const entries = Object.entries(data).map(([key, value]) => [
    substituted(key, from, to),
    substituted(value, from, to),
  ]);
  return Object.fromEntries(entries);
}

test(`${CASES} nasty values arrive byte for byte, or are refused by name; nothing is executed`, {
  skip,
}, (t) => {
  const directory = directoryWith(t, { 'cases/.keep': '' });
  Object.assign(process.env, SECRETS, { HOSTILE_KEYS: `keys: ["${KEY}"]` });
  const profile = base();
  const all = stringFields();
  const fields = all
    .map((field) => field.split(' '))
    .filter((field) => !ELSEWHERE.test(field.join(' ')));
  const covered = fields.filter((field) => textAt(profile, field) !== undefined);
  // Other forms of the same, or places that the base leaves empty on purpose; managed services have a test of their own.
  const missing = fields
    .filter((field) => textAt(profile, field) === undefined)
    .map((field) => field.join(' '))
    .filter(
      (field) =>
        !/^redis_url$|^redis user$|^(?:postgres|temporal) address$| urls #| bearer_token$| plain_token$|^hosts \*$|(?:grpc|websocket) health_check /.test(
          field,
        ),
    )
    .filter((field) => !field.includes(' websocket authentication '));
  assert.deepEqual(
    missing,
    [],
    'texts of the schema that no case reaches: add them to full-profile.ts',
  );

  const first = compiled(directory, profile, new Set());
  assert.ok('script' in first, JSON.stringify(first));
  writeFileSync(join(directory, 'cases/0000.sh'), first.script);
  const known = new Set(first.texts);
  const expectedSsh = sshReads(first.ssh);
  const arrived: { number: number; from: string; to: string; label: string }[] = [];
  let refused = 0;
  const secretNames = Object.keys(SECRETS).slice(0, 3);
  for (let number = 1; number <= CASES; number += 1) {
    const random = randomFrom(SEED * 1_000_003 + number);
    const secret = number % 8 === 0 ? secretNames[random(secretNames.length)] : undefined;
    const field = covered[number % covered.length]!;
    const from = secret ? SECRETS[secret]! : textAt(profile, field)!;
    // An environment holds UTF-8, and no half of a character.
    const to = secret ? nastyValue(random, from).toWellFormed() : nastyValue(random, from);
    const label = `case ${number} of seed ${SEED} (HOSTILE_SEED=${SEED}), ${secret ?? field.join('.')} = ${JSON.stringify(to.slice(0, 200))}`;
    if (secret && (to.includes('\0') || to.length > 100_000)) continue;
    if (secret) process.env[secret] = to;
    let result: ReturnType<typeof compiled>;
    try {
      result = compiled(directory, secret ? profile : withText(profile, field, to), known);
    } catch (error) {
      throw new Error(`${label}: ${(error as Error).stack}`);
    } finally {
      if (secret) process.env[secret] = from;
    }
    if ('refused' in result) {
      refused += 1;
      const said = result.refused;
      if (secret) assert.ok(to.length < 6 || !said.includes(to), `${label}: it is in the message`);
      const name = secret
        ? /password|auth_secret|POSTGRES|REDIS|AUTH/
        : new RegExp(field.find((part) => /^\w{2,}$/.test(part)) ?? '.');
      if (!/is larger than 128 KiB/.test(said)) assert.match(said, name, label);
      continue;
    }
    const heard: Record<string, string> = {
      identity_file: resolve(directory, to.replace(/^~(?=\/|$)/, homedir())),
      address: to.toLowerCase(),
    };
    const written = heard[field.at(-1) ?? ''] ?? to;
    assert.deepEqual(sshReads(result.ssh), substituted(expectedSsh, from, written), label);
    writeFileSync(join(directory, 'cases', `${String(number).padStart(4, '0')}.sh`), result.script);
    arrived.push({ number, from, to: secret ? to.replace(/\r?\n$/, '') : to, label });
  }
  runAll(directory);
  assert.ok(!existsSync(CANARY), 'a value was executed');
  const expected = readBack(join(directory, 'cases/0000.sh.out'));
  for (const { number, from, to, label } of arrived) {
    const at = join(directory, 'cases', `${String(number).padStart(4, '0')}.sh`);
    assert.doesNotMatch(readFileSync(`${at}.log`, 'utf8'), /^(?:failed|exit)/m, label);
    for (const [file, read] of Object.entries(readBack(`${at}.out`))) {
      assert.deepEqual(read, substituted(expected[file], from, to), `${label}: ${file}`);
    }
  }
  if (hasCompose) {
    const lines = new Set<string>();
    for (const { number } of arrived) {
      const out = join(directory, 'cases', `${String(number).padStart(4, '0')}.sh.out`);
      for (const path of STACKS.map((stack) => join(out, stack, '.env')).filter(existsSync)) {
        for (const line of readFileSync(path, 'utf8').split('\n'))
          if (/^[A-Z]/.test(line)) lines.add(line);
      }
    }
    const expectedByDotenv = [...lines].map((line) => Object.values(parseDotenv(line))[0]);
    assert.deepEqual(
      composeReads(directory, [...lines]),
      expectedByDotenv.map((value) => [value, value]),
    );
    t.diagnostic(`${lines.size} env lines read by Docker Compose`);
  }
  t.diagnostic(`${refused} refused, ${arrived.length} arrived, ${covered.length} fields`);
  assert.ok(arrived.length > CASES / 5 && refused > CASES / 5, `${refused} of ${CASES} refused`);
});
