import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { stringify } from 'yaml';
import { $ } from 'zx';
import { DEPLOY_OPTIONS } from '../../lib/commands/deploy-command.ts';
import { EXIT } from '../../lib/exit-codes.ts';
import { openConnection } from '../../lib/run/connection.ts';
import { file } from '../../lib/steps/file.ts';
import { type Host, testHosts } from '../fleet/hosts.ts';
import { runScript, type ScriptResult } from '../fleet/lab-fixture.ts';
import { buildImages } from '../lab/images/build.ts';
import { ROOT } from '../lab/paths.ts';
import { runSteps } from '../unit/engine/run.ts';

const REDIS = 'debian/redis:8.6';
const SCRIPTS = readdirSync(join(ROOT, 'scripts')).filter((name) => name.endsWith('.mjs'));

/** A home of the operator's, where deployments are kept and ssh finds its configuration. */
function operatorHome(t: TestContext, sshConfig = ''): string {
  const home = mkdtempSync(join(tmpdir(), 'pocket-alone-'));
  t.after(() => rmSync(home, { recursive: true, force: true }));
  mkdirSync(join(home, 'deployments'), { mode: 0o700 });
  mkdirSync(join(home, '.ssh'), { mode: 0o700 });
  writeFileSync(join(home, '.ssh', 'config'), sshConfig);
  const before = process.env.HOME;
  process.env.HOME = home;
  t.after(() => {
    process.env.HOME = before;
  });
  return home;
}

function entry(alias: string, host: Host, more = ''): string {
  return `Host ${alias}\n  HostName ${host.address}\n  IdentityFile ${host.identityFile}\n${more}\n`;
}

const changes = (run: ScriptResult) => {
  const { changed, pending, failed, skipped } = run.events.at(-1) ?? {};
  return { changed, pending, failed, skipped };
};
const NONE = { changed: 0, pending: 0, failed: 0, skipped: 0 };

const packages = async (host: Host) =>
  (await host.exec(`dpkg-query -W -f '\${Package} \${Version} \${Status}\n'`)).stdout;

test('a role runs alone, without a manifest, as the operator’s own ssh would', {
  timeout: 900_000,
}, async (t) => {
  const { alpha, hidden } = await testHosts(t, {
    alpha: {},
    hidden: { variant: 'bare', user: 'operator' },
  });
  // Only the hosts' own network knows the name "hidden": whoever reaches it came through the jump host.
  const home = operatorHome(
    t,
    entry('prod-1', alpha, '  user root') +
      entry('jump', alpha, '  User root') +
      entry('inner', { ...hidden, address: 'hidden' }, '  User operator\n  ProxyJump jump'),
  );
  const run = (name: string, ...words: string[]) => runScript(home, name, ...words);

  await t.test('over an alias of the ssh configuration: Redis from bare Docker', async () => {
    await buildImages([REDIS]);
    await $({ quiet: true })`docker save ${REDIS} | docker exec -i ${alpha.container} docker load`;
    for (const name of ['common', 'install-docker']) {
      const prepared = await run(name, '--host', 'prod-1', '--json');
      assert.equal(prepared.status, 0, prepared.stdout + prepared.stderr);
    }
    const words = ['--host', 'prod-1', '--images-redis', REDIS, '--redis-maxmemory', '300mb'];
    const first = await run('redis', ...words, '--json');
    assert.equal(first.status, 0, first.stdout + first.stderr);
    const state = await alpha.exec(
      `cat /opt/pocket/redis/config/memory.conf; docker ps --format '{{.Names}} {{.Status}}'`,
    );
    assert.match(state.stdout, /^maxmemory 300mb$/m);
    assert.match(state.stdout, /^pocket-redis-redis-1 Up .*\(healthy\)$/m);
    const again = await run('redis', ...words, '--json');
    assert.deepEqual(changes(again), NONE);
    assert.equal(again.status, 0);
  });

  await t.test('through a jump host, as a user with sudo', async () => {
    const dry = await run('common', '--host', 'inner', '--dry-run', '--json');
    assert.equal(dry.status, EXIT.changesPending, dry.stdout + dry.stderr);
    const first = await run('common', '--host', 'inner', '--json');
    assert.equal(first.status, 0, first.stdout + first.stderr);
    assert.equal((await hidden.exec('stat -c %U:%G:%a /opt/pocket')).stdout, 'root:pocket:750\n');
    assert.deepEqual(changes(await run('common', '--host', 'inner', '--json')), NONE);
  });

  await t.test('by user and address, where the configuration says nothing of it', async () => {
    writeFileSync(join(home, '.ssh', 'config'), `IdentityFile ${alpha.identityFile}\n`);
    const given = await run('common', '--host', `root@${alpha.address}:22`, '--dry-run', '--json');
    assert.equal(given.status, 0, given.stdout + given.stderr);
    assert.deepEqual(changes(given), NONE);
  });

  await t.test('--limit and --only work on what they name, and on nothing else', async () => {
    const path = join(home, 'two.yaml');
    const host = ({ address, user, identityFile }: Host) => ({
      address,
      user,
      identity_file: identityFile,
    });
    const profile = {
      name: 'two',
      pocket_network: 'beta',
      hosts: { alpha: host(alpha), hidden: host(hidden) },
      redis_hosts: ['alpha'],
      postgres_hosts: ['hidden'],
    };
    writeFileSync(path, stringify(profile));
    const words = ['--profile', path, '--dry-run', '--json'];
    const limited = await run('deploy', ...words, '--limit', 'hidden', '--only', 'common');
    const seen = limited.events.filter(({ type }) => type === 'step');
    assert.ok(seen.length > 5, limited.stdout);
    assert.deepEqual(
      [...new Set(seen.map(({ host: name, role }) => `${name} ${role}`))],
      ['hidden common'],
    );
    const wrong = await run('deploy', '--profile', path, '--limit', 'hiden');
    assert.equal(wrong.status, EXIT.usage);
    assert.match(wrong.stderr, /--limit hiden: no such host, did you mean hidden\?/);
    const role = await run('deploy', '--profile', path, '--only', 'comon');
    assert.equal(role.status, EXIT.usage);
    assert.match(
      role.stderr,
      /--only comon: no such role; there is common, firewall, install-docker,/,
    );
    const none = await run('redis', '--profile', path, '--limit', 'hidden');
    assert.equal(none.status, EXIT.usage);
    assert.match(none.stderr, /redis is not on hidden; it is on alpha: --limit alpha/);
  });
});

test('Docker is installed where there is none, and an engine that is there is left alone', {
  timeout: 900_000,
}, async (t) => {
  const hosts = await testHosts(t, {
    bare: { variant: 'bare' },
    engine: {},
    older: { suite: 'bookworm' },
    olderbare: { suite: 'bookworm', variant: 'bare' },
  });
  const home = operatorHome(
    t,
    Object.entries(hosts)
      .map(([name, host]) => entry(name, host, '  User root'))
      .join(''),
  );
  const install = (alias: string) => runScript(home, 'install-docker', '--host', alias, '--json');

  await t.test('Engine and Compose come with the distribution’s packages', async () => {
    const first = await install('bare');
    assert.equal(first.status, 0, first.stdout + first.stderr);
    const { stdout } = await hosts.bare.exec(
      'docker compose version; docker info --format {{.ServerVersion}}; docker network ls -qf name=pocket | wc -l; systemctl is-enabled docker',
    );
    assert.match(stdout, /^Docker Compose version v?[2-9]\..*\n2\d\..*\n1\nenabled\n$/);
    const before = await packages(hosts.bare);
    assert.deepEqual(changes(await install('bare')), NONE);
    assert.equal(await packages(hosts.bare), before);
  });

  for (const name of ['engine', 'older'] as const) {
    await t.test(`${name}: no package changes, and the engine does not restart`, async () => {
      const state = async () =>
        (await packages(hosts[name])) +
        (await hosts[name].exec('systemctl show -p MainPID,ActiveEnterTimestamp docker')).stdout;
      const before = await state();
      const first = await install(name);
      assert.equal(first.status, 0, first.stdout + first.stderr);
      assert.equal(await state(), before);
      assert.deepEqual(changes(await install(name)), NONE);
      const version = await hosts[name].exec('docker version --format {{.Server.Version}}');
      assert.match(version.stdout, name === 'older' ? /^20\.10\./ : /^2[6-9]\./);
    });
  }

  await t.test(
    'a release without Compose 2 is told so, and gets no half of an engine',
    async () => {
      const run = await install('olderbare');
      assert.equal(run.status, EXIT.failed);
      const problem = run.events.find(({ type }) => type === 'problem');
      assert.match(
        String(problem?.reason),
        /^host: install-docker: Install Docker Engine and Compose: exit status 1\n/,
      );
      assert.match(
        String(problem?.reason),
        /has no Docker Compose 2; set docker\.source: official/,
      );
      await assert.rejects(hosts.olderbare.exec('command -v dockerd'), { exitCode: 1 });
    },
  );
});

test('this machine is worked on without SSH', {
  skip: process.getuid?.() === 0 ? false : 'only root can run steps here',
}, async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'pocket-local-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  const host = { name: 'here', address: 'localhost', local: true, roles: [] };
  const config = join(directory, 'ssh_config');
  writeFileSync(config, 'Host *\n  ProxyCommand false\n');
  const connection = await openConnection(host, config);
  try {
    const steps = [file({ path: join(directory, 'x'), content: 'x\n' })];
    assert.deepEqual((await runSteps(steps, { connection })).statuses, ['changed']);
    assert.deepEqual((await runSteps(steps, { connection })).statuses, ['unchanged']);
  } finally {
    await connection.close();
  }
});

test('every script tells what it does, and what of a call is wrong', async (t) => {
  const home = operatorHome(t);

  for (const name of SCRIPTS) {
    const script = name.replace('.mjs', '');
    await t.test(`${script} --help`, async () => {
      const { status, stdout, stderr } = await runScript(home, script, '--help');
      assert.equal(status, 0, stderr);
      assert.equal(stderr, '');
      assert.match(stdout, new RegExp(`^  scripts/${script}\\.mjs --`, 'm'));
      assert.match(stdout, /^ {2}--profile FILE /m);
      const changing = !['validate', 'report'].includes(script);
      const options = changing ? Object.keys(DEPLOY_OPTIONS) : ['help', 'json'];
      for (const option of options.filter((one) => changing || stdout.includes(`--${one}`)))
        assert.match(stdout, new RegExp(`^  --${option}\\b.*  \\S`, 'm'), option);
    });
    await t.test(`${script} without what it needs, or with what it does not know`, async () => {
      for (const words of [[], ['--profil', 'x'], ['--profile', '/nonexistent.yaml'], ['x']]) {
        const { status, stdout, stderr } = await runScript(home, script, ...words);
        assert.equal(status, EXIT.usage, `${words}: ${stderr}`);
        assert.equal(stdout, '');
        assert.ok(stderr.length > 10);
        if (words[0] !== '--profile') assert.match(stderr, /See --help/);
        assert.doesNotMatch(stderr, /^\s+at .*:\d+/m);
      }
    });
  }

  await t.test(
    'a host and a manifest at once, and settings that belong into the manifest',
    async () => {
      const lab = join(ROOT, 'profiles/all-in-one-lab.yaml');
      const both = await runScript(home, 'redis', '--host', 'a', '--profile', lab);
      assert.equal(both.status, EXIT.usage);
      assert.match(both.stderr, /one of them\. See --help/);
      const setting = await runScript(home, 'redis', '--profile', lab, '--redis-maxmemory', '1gb');
      assert.equal(setting.status, EXIT.usage);
      assert.match(setting.stderr, /--redis-maxmemory goes with --host; with --profile, set it in/);
      const bad = await runScript(home, 'redis', '--host', 'a', '--redis-maxmemory', 'lots');
      assert.equal(bad.status, EXIT.usage);
      assert.match(bad.stderr, /--redis-maxmemory/);
      assert.match(bad.stderr, /lots/);
    },
  );
});

test('an older Node brings in the one of the checkout, or says in one line what to do', {
  skip: oldNode() ? false : 'this machine has no Node older than 24',
}, async (t) => {
  const node = oldNode() ?? '';
  const copy = mkdtempSync(join(tmpdir(), 'pocket-old-node-'));
  t.after(() => rmSync(copy, { recursive: true, force: true }));
  for (const part of ['scripts', 'lib'])
    cpSync(join(ROOT, part), join(copy, part), { recursive: true });

  for (const name of SCRIPTS) {
    await t.test(`${name} without its own Node`, () => {
      const { status, stdout, stderr } = spawnSync(node, [join(copy, 'scripts', name), '--help'], {
        encoding: 'utf8',
      });
      assert.deepEqual([status, stdout], [EXIT.usage, '']);
      assert.match(stderr, /^This needs Node 24 or newer, and this is v\d+\..*make setup.*\n$/);
    });
  }

  await t.test(
    'with it, a script runs as with the newer one, exit code included',
    {
      skip: existsSync(join(ROOT, '.cache/node/bin/node'))
        ? false
        : 'the checkout has no Node of its own',
    },
    () => {
      const script = join(ROOT, 'scripts/redis.mjs');
      const help = spawnSync(node, [script, '--help'], { encoding: 'utf8' });
      assert.equal(help.status, 0, help.stderr);
      assert.match(help.stdout, /--redis-maxmemory SIZE/);
      assert.equal(spawnSync(node, [script, '--nonsense']).status, EXIT.usage);
    },
  );
});

/** A Node on this machine that cannot run TypeScript. */
function oldNode(): string | undefined {
  const directories = [...(process.env.PATH ?? '').split(':'), '/usr/bin', '/usr/local/bin'];
  return directories
    .map((directory) => join(directory, 'node'))
    .find((path) => {
      const { stdout } = spawnSync(path, ['--version'], { encoding: 'utf8' });
      return stdout && Number.parseInt(stdout.slice(1), 10) < 24;
    });
}
