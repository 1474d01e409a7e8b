import assert from 'node:assert/strict';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';
import { generatePrivateKey } from '../../lib/secrets/keys.ts';
import { formsOf } from '../../lib/secrets/secret.ts';
import type { Host } from './hosts.ts';
import { lab, type ScriptResult } from './lab-fixture.ts';
import { sample } from './sampler.ts';

/** Those of which hosts get the public keys only. */
const OUR_OWN = ['simulation_application_key', 'simulation_gateway_key'];
/** Values that are found wherever they turn up, with what has to be quoted in env files, URLs, YAML and shell. */
const CANARIES = {
  postgres_password: 'canary-postgres @ "$HOME"/%41 `id` #1',
  redis_password: 'canary-redis:@/ \\ "$HOME" #2',
  app_identity: generatePrivateKey(),
  encryption_key: 'ca11ab1e'.repeat(8),
  encryption_iv: 'feedc0de'.repeat(4),
  auth_secret: `canary-session ${'%s'.repeat(20)} && 'quoted'`,
  simulation_application_key: generatePrivateKey(),
  simulation_gateway_key: generatePrivateKey(),
};
const HEADER = 'Bearer canary-header-0123456789';
const ROTATED = 'canary-redis-of-tomorrow';
const variable = (name: string) => `FLEET_CANARY_${name.toUpperCase()}`;

test('no secret is where it need not be', { timeout: 900_000 }, async (t) => {
  for (const [name, value] of Object.entries({ ...CANARIES, header: HEADER })) {
    process.env[variable(name)] = value;
    t.after(() => delete process.env[variable(name)]);
  }
  // Not root: sudo writes down what it is asked to run.
  const one = await lab(t, { user: 'operator' });
  const { host, home } = one;
  const keysFile = join(home, 'deployments', one.name, 'supplier-keys.yaml');
  const keys: string[] = parse(readFileSync(keysFile, 'utf8')).keys;
  const values = [...Object.values(CANARIES), HEADER, ROTATED, ...keys];
  const texts = values.flatMap(formsOf);
  const changes = {
    secrets: Object.fromEntries(
      Object.keys(CANARIES).map((name) => [name, `env:${variable(name)}`]),
    ),
    relayminer: {
      services: {
        anvil: {
          backends: { jsonrpc: { headers: { Authorization: `env:${variable('header')}` } } },
        },
      },
    },
  };
  one.change(changes);

  const outputs: Record<string, string> = {};
  const run = async (
    what: string,
    status: number,
    ...words: [string, ...string[]]
  ): Promise<ScriptResult> => {
    const result = await one.script(...words);
    outputs[what] = result.stdout + result.stderr + inJson(result.events);
    const failed = result.events.filter(({ verdict }) => verdict === 'fail');
    const printed = result.stdout + result.stderr;
    const findings = printed.match(/^ *FAIL(?:.*\n){10}/gm)?.join('') ?? '';
    const why = masked(`${inJson(failed)}\n${findings}\n${printed.slice(-2000)}`, texts);
    assert.equal(result.status, status, `${what}: ${why}`);
    return result;
  };

  await run('the first roles', 0, 'deploy', '--only', 'common,install-docker');
  await one.standIns();

  await t.test('in the arguments or the environment of a process, on either side', async () => {
    const control = 'shown-on-purpose-by-this-test';
    const onHost = sample([control, ...texts], ['cmdline', 'environ'], host.container);
    const here = sample([control, ...texts], ['cmdline']);
    // A sampler that nobody stops would keep this process for ever.
    t.after(() => Promise.all([onHost.stop(), here.stop()]).catch(() => {}));
    await run('a deploy', 0, 'deploy', '--json');
    await run('validation', 0, 'validate', '--json', '--relay');
    await host.exec(`SHOWN=${control} perl -e 'sleep 5' ${control}`);
    const [there, local] = await Promise.all([onHost.stop(), here.stop()]);
    assert.ok(there.rounds > 100, `${there.rounds} rounds on the host`);
    assert.ok(local.rounds > 100, `${local.rounds} rounds here`);
    assert.deepEqual(there.seen, ['0 cmdline perl', `0 environ perl -e sleep 5 ${control}`]);
    assert.deepEqual(local.seen, ['0 cmdline perl']);
  });

  await t.test('in the differences of a dry run, the old value or the new', async () => {
    process.env[variable('redis_password')] = ROTATED;
    one.change({ ...changes, provider: { log_level: 'debug' } });
    const { events } = await run('a rotation, dry', 3, 'deploy', '--dry-run', '--json');
    await run('a rotation, for a person', 3, 'deploy', '--dry-run', '--verbose');
    const written = events.find(({ title }) => String(title).endsWith('/config/password.conf'));
    assert.match(String(written?.output), /^-requirepass .*\n\+requirepass .*$/m);
    assert.match(outputs['a rotation, for a person'] ?? '', /^ *\+LOG_LEVEL=debug$/m);
    process.env[variable('redis_password')] = CANARIES.redis_password;
    one.change(changes);
  });

  await t.test('in what a deploy, its runbook, validation and the report print', async () => {
    await run('a second deploy', 0, 'deploy', '--verbose');
    const { stdout } = await run('the runbook', 0, 'deploy', '--print');
    for (const name of Object.keys(CANARIES))
      assert.equal(stdout.includes(`@{secret:${name}`), !OUR_OWN.includes(name), name);
    await run('validation for a person', 0, 'validate', '--verbose');
    await run('the report', 0, 'report', '--validate');
  });

  await t.test(
    'in the message of a deploy that fails, though logs of upstream hold one',
    async () => {
      // A docker before the real one: the stack comes up, logs and all, and yet counts as failed.
      const shim = '/usr/local/sbin/docker';
      await host.exec(`install -m 755 /dev/stdin ${shim} <<'SHIM'
#!/bin/sh
/usr/bin/docker "$@" || exit
for word; do [ "$word" != up ] || exit 1; done
SHIM`);
      one.change({ ...changes, relayminer: { ...changes.relayminer, log_level: 'debug' } });
      const broken = await run('a failure', 1, 'deploy', '--only', 'relayminer', '--json');
      await run('a failure, for a person', 1, 'deploy', '--only', 'relayminer', '--verbose');
      const logs = 'for name in relayer miner; do docker logs pocket-relayminer-$name-1 2>&1; done';
      const { stdout: logged } = await host.exec(logs);
      assert.ok(holds(logged, texts), 'RelayMiner logs its redis_url, as upstream does');
      const failure = broken.events.find(({ status }) => status === 'failed');
      assert.match(String(failure?.output), /redis_url.*\*\*\*/, 'the failure shows these logs');
      await host.exec(`rm ${shim}`);
      one.change(changes);
      await run('after the failure', 0, 'deploy', '--json');
    },
  );

  await t.test('in anything that was printed above', () => {
    const leaks = Object.entries(outputs).filter(([, output]) => holds(output, texts));
    assert.deepEqual(
      leaks.map(([what, output]) => `${what}: ${around(masked(output, texts))}`),
      [],
    );
    assert.ok(Object.keys(outputs).length >= 11);
  });

  await t.test('in files of the operator’s machine, but for the keys file', () => {
    const paths = readdirSync(home, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name));
    assert.ok(
      paths.some((path) => path.endsWith('report.md')),
      paths.join(),
    );
    const holding = paths.filter((path) => holds(readFileSync(path, 'utf8'), texts));
    assert.deepEqual(holding, [keysFile]);
    assert.equal(statSync(keysFile).mode & 0o777, 0o600);
  });

  await t.test('in files of the host, but for those of the stacks that use them', async () => {
    assert.deepEqual(await filesHolding(host, 'root', texts), [
      '400 1000:1000 /opt/pocket/relayminer/keys/keys.yaml',
      '400 1000:1000 /opt/pocket/relayminer/miner/miner.yaml',
      '400 1000:1000 /opt/pocket/relayminer/relayer/relayer.yaml',
      '400 59000:59000 /opt/pocket/exporters/redis/passwords.json',
      '400 65534:65534 /opt/pocket/exporters/postgres/password',
      '400 999:0 /opt/pocket/redis/config/password.conf',
      '600 0:0 /opt/pocket/postgres/.env',
      '600 0:0 /opt/pocket/provider/.env',
      '600 0:0 /opt/pocket/temporal/.env',
    ]);
  });

  await t.test('in any file that another user of the host can read', async () => {
    const control = '/home/nosudo/shown-on-purpose';
    await host.exec(`install -o nosudo -m 600 /opt/pocket/redis/config/password.conf ${control}`);
    const found = await filesHolding(host, 'nosudo', texts);
    await host.exec(`rm ${control}`);
    assert.deepEqual(
      found.map((line) => line.split(' ')[2]),
      [control],
    );
  });

  await t.test('in the journal of the host, which has the logins and what sudo ran', async () => {
    const { stdout } = await host.exec(
      'journalctl --sync; journalctl --no-pager --output export --all',
    );
    assert.ok(stdout.includes('COMMAND='), 'sudo writes down what it runs');
    assert.equal(holds(stdout, texts), false);
  });

  await t.test(
    'in what Docker knows of a container, but for the variables that it reads',
    async () => {
      const { stdout } = await host.exec('docker inspect $(docker ps --all --quiet)');
      const found: string[] = [];
      for (const container of JSON.parse(stdout)) {
        const { Env: environment, ...config } = container.Config;
        for (const entry of environment as string[]) {
          if (holds(entry, texts))
            found.push(`${container.Name} ${entry.slice(0, entry.indexOf('='))}`);
        }
        const others = JSON.stringify({ ...container, Config: config });
        assert.equal(holds(others, texts), false, `${container.Name} outside of its environment`);
      }
      assert.deepEqual(found.sort(), [
        '/pocket-postgres-postgres-1 POSTGRES_PASSWORD',
        '/pocket-provider-provider-migration-1 DATABASE_URL',
        '/pocket-provider-provider-web-1 APP_IDENTITY',
        '/pocket-provider-provider-web-1 AUTH_SECRET',
        '/pocket-provider-provider-web-1 DATABASE_URL',
        '/pocket-provider-provider-web-1 ENCRYPTION_IV',
        '/pocket-provider-provider-web-1 ENCRYPTION_KEY',
        '/pocket-provider-provider-workflows-1 APP_IDENTITY',
        '/pocket-provider-provider-workflows-1 DATABASE_URL',
        '/pocket-provider-provider-workflows-1 ENCRYPTION_IV',
        '/pocket-provider-provider-workflows-1 ENCRYPTION_KEY',
        '/pocket-temporal-temporal-1 POSTGRES_PWD',
      ]);
    },
  );
});

function holds(text: string, values: readonly string[]): boolean {
  return values.some((value) => text.includes(value));
}

/** A text that may be shown when a test fails. */
function masked(text: string, values: readonly string[]): string {
  return values.reduce((result, value) => result.replaceAll(value, '<SECRET>'), text);
}

/** Where a masked text had a secret first, with what is around it. */
function around(text: string): string {
  const at = text.indexOf('<SECRET>');
  return text.slice(Math.max(0, at - 200), at + 200);
}

/** The texts inside of events as they are, past JSON's own escapes. */
function inJson(events: unknown[]): string {
  const texts: string[] = [];
  JSON.stringify(events, (_, value) => {
    if (typeof value === 'string') texts.push(value);
    return value;
  });
  return texts.join('\n');
}

/**
 * Every file that a user of the host can read and that holds one of the texts: mode, owner and path. The memory file
 * systems are searched too; what Docker keeps for itself is not, but for users who must not see it.
 */
async function filesHolding(host: Host, user: string, texts: readonly string[]): Promise<string[]> {
  const own = ['/run/containerd', '/run/docker', '/var/lib/containerd', '/var/lib/docker'];
  const left = user === 'root' ? own.map((path) => `-path ${path} -prune -o`).join(' ') : '';
  const { stdout } = await host.exec(`
    texts=/run/what-is-searched
    trap 'rm -f "$texts"' EXIT
    install -o ${user} -m 600 /dev/null "$texts"
    cat >"$texts" <<'TEXTS'
${texts.join('\n')}
TEXTS
    cd /
    find="runuser -u ${user} -- find / /run /dev/shm /var/lib/docker -xdev"
    { $find ${left} -type f -readable ! -path "$texts" -print0 2>/dev/null || :; } |
      { runuser -u ${user} -- xargs -0 grep -lsaF -f "$texts" || :; } |
      sort -u | xargs -r stat -c '%a %u:%g %n' | sort`);
  return stdout.trim().split('\n');
}
