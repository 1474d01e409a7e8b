import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { stringify } from 'yaml';
import { $ } from 'zx';
import { loadDeployment } from '../../lib/deployment.ts';
import { EXIT, UserError } from '../../lib/exit-codes.ts';
import { saveBundle } from '../../lib/images/bundle.ts';
import { compile, header } from '../../lib/run/compile.ts';
import { openConnection } from '../../lib/run/connection.ts';
import { writeSshConfig } from '../../lib/run/ssh-config.ts';
import { quote } from '../../lib/shell.ts';
import { ensureBundle } from '../lab/bundle.ts';
import { LAB_BUNDLE, ROOT } from '../lab/paths.ts';
import { runSteps, stepOf } from '../unit/engine/run.ts';
import { docker } from './docker.ts';
import { type Host, testHosts } from './hosts.ts';
import { runScript, type ScriptResult } from './lab-fixture.ts';

const quiet = $({ quiet: true });

/** The machinery of these tests: a home of their own, and a manifest with Redis and PostgreSQL on given hosts. */
function place(t: TestContext) {
  const home = mkdtempSync(join(tmpdir(), 'pocket-failures-'));
  t.after(() => rmSync(home, { recursive: true, force: true }));
  mkdirSync(join(home, 'deployments'), { mode: 0o700 });
  const profile = join(home, 'failures.yaml');
  const write = (hosts: Record<string, object>, more: Record<string, unknown> = {}) => {
    const images = { source: 'bundle', bundle: LAB_BUNDLE, redis: 'debian/redis:8.6' };
    const groups = { redis_hosts: [Object.keys(hosts)[0]] };
    const base = { name: 'failures', pocket_network: 'beta', hosts, ...groups, images };
    writeFileSync(profile, stringify({ ...base, ...more }));
  };
  const deploy = (...words: string[]) =>
    runScript(home, 'deploy', '--profile', profile, '--yes', ...words);
  return { home, profile, write, deploy };
}

/** What a person sees of a failure: every pattern exactly once, no stack trace, how to go on. */
function tells(run: ScriptResult, status: number, ...once: RegExp[]): void {
  assert.equal(run.status, status, run.stderr);
  assert.equal(run.stdout, '');
  for (const pattern of once) {
    const found = run.stderr.match(new RegExp(pattern, `${pattern.flags}g`))?.length ?? 0;
    assert.equal(found, 1, `${pattern} ${found} times in:\n${run.stderr}`);
  }
  assert.doesNotMatch(run.stderr, /^\s+at .*:\d+/m);
  assert.match(run.stderr, /When it is mended, go on with: scripts\/deploy\.mjs --profile/);
}

/** Files that a run was still writing, and its scratch directories. */
async function leftovers(host: Host): Promise<string> {
  const found = await host.exec(
    `find / -xdev -name '.*.pocket-new'; ls -d /run/pocket-automations.*/ 2>/dev/null || true`,
  );
  return found.stdout;
}

test('what goes wrong is said once, with what to do, and running again mends it', {
  timeout: 900_000,
}, async (t) => {
  await ensureBundle();
  const { one, two } = await testHosts(t, { one: {}, two: {} });
  const { home, profile, write, deploy } = place(t);
  const login = ({ address, user, identityFile }: Host) => ({
    address,
    user,
    identity_file: identityFile,
  });
  const converges = async (...words: string[]) => {
    const first = await deploy(...words);
    assert.equal(first.status, 0, first.stderr);
    const second = await deploy(...words);
    assert.match(second.stderr, /: 0 changed, .*\n(?:.*\n)*Everything was already so\./);
  };

  await t.test('a host at whose port nothing listens', async () => {
    write({ one: { ...login(one), port: 2 } });
    const run = await deploy('--only', 'common');
    tells(
      run,
      EXIT.unreachable,
      /^one {2}unreachable {2}common$/m,
      /one: cannot connect: .*Connection refused/,
      /Try it by hand: ssh -F \S+ one$/m,
    );
  });

  await t.test('a host whose sshd turns connections away', async (s) => {
    await one.exec('mv /run/sshd /run/sshd.away');
    s.after(() => one.exec('mv /run/sshd.away /run/sshd'));
    write({ one: login(one) });
    tells(
      await deploy('--only', 'common'),
      EXIT.unreachable,
      /one: cannot connect: Connection (?:closed|reset) by/,
      /It turns connections away: .* journalctl -u ssh$/m,
      /Try it by hand: ssh -F \S+ one$/m,
    );
  });

  await t.test('a key that the host does not know', async () => {
    const key = join(home, 'other_key');
    await quiet`ssh-keygen -q -t ed25519 -N '' -f ${key}`;
    write({ one: { ...login(one), identity_file: key } });
    const run = await deploy('--only', 'common', '--json');
    assert.equal(run.status, EXIT.unreachable);
    const problems = run.events.filter(({ type }) => type === 'problem');
    assert.deepEqual(
      problems.map(({ host, roles, status }) => ({ host, roles, status })),
      [{ host: 'one', roles: ['common'], status: 'unreachable' }],
    );
    assert.match(String(problems[0]?.reason), /Permission denied/);
    assert.deepEqual(
      run.events.map(({ type }) => type),
      ['problem', 'summary'],
    );
    assert.equal(run.events.at(-1)?.exit_code, EXIT.unreachable);
    tells(await deploy('--only', 'common'), EXIT.unreachable, /Permission denied/);
  });

  await t.test('a user without sudo', async () => {
    write({ one: { ...login(one), user: 'nosudo' } });
    tells(
      await deploy('--only', 'common'),
      EXIT.unreachable,
      /one: cannot become root: sudo: /,
      /let this user run sudo without a password/,
    );
  });

  await t.test('a host on which there is no sudo at all', async (s) => {
    await two.exec('mv /usr/bin/sudo /usr/bin/sudo.away');
    s.after(() => two.exec('mv /usr/bin/sudo.away /usr/bin/sudo'));
    write({ two: { ...login(two), user: 'nosudo' } });
    tells(
      await deploy('--only', 'common'),
      EXIT.unreachable,
      /two: cannot become root: .*sudo: not found/,
      /Log in as root/,
    );
  });

  await t.test('a host key that has changed, until the operator forgets the old one', async () => {
    write({ one: login(one) });
    assert.equal((await deploy('--only', 'common', '--dry-run')).status, EXIT.changesPending);
    await one.exec(
      `rm /etc/ssh/ssh_host_ed25519_key*
      ssh-keygen -q -t ed25519 -N '' -f /etc/ssh/ssh_host_ed25519_key
      key=$(cut -d' ' -f2 /etc/ssh/ssh_host_ed25519_key.pub)
      until ssh-keyscan -t ed25519 127.0.0.1 2>/dev/null | grep -qF "$key"; do systemctl restart ssh; sleep 0.3; done
      # The host's key is asked for when a connection is made, and the last one may still be open.
      pkill -f 'sshd.*@notty' || true`,
    );
    const fingerprint = await one.exec('ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub');
    const run = await deploy('--only', 'common');
    tells(run, EXIT.unreachable, /its host key is not the one recorded before/, /do not go on/);
    assert.ok(run.stderr.includes(fingerprint.stdout.split(' ')[1]!), run.stderr);
    const advice = /forget the old key: (ssh-keygen .*)/.exec(run.stderr)?.[1];
    await quiet`bash -c ${advice ?? 'false'}`;
    await converges('--only', 'common');
  });

  await t.test('a step that fails, in its own words, and the other host finishes', async () => {
    await one.exec('mkdir -p /etc/sysctl.d/90-pocket-redis.conf/in-the-way');
    write({ one: login(one), two: login(two) }, { postgres_hosts: ['two'] });
    const run = await deploy('--only', 'common,install-docker,redis');
    tells(
      run,
      EXIT.failed,
      /^one {2}failed {5}redis: Set vm\.overcommit_memory/m,
      /one: redis: Set vm\.overcommit_memory: exit status 1/,
      /mv: cannot overwrite directory '\/etc\/sysctl.d\/90-pocket-redis.conf'/,
    );
    assert.equal((await two.exec('docker network ls -q -f name=pocket | wc -l')).stdout, '1\n');
    assert.equal((await two.exec('stat -c %U:%G /opt/pocket')).stdout, 'root:pocket\n');
    assert.equal((await one.exec('ls /etc/sysctl.d/90-pocket-redis.conf')).stdout, 'in-the-way\n');
    await one.exec('rm -r /etc/sysctl.d/90-pocket-redis.conf');
    assert.equal(await leftovers(one), '');
  });

  await t.test('one host out of reach, and the other one is finished', async () => {
    write({ one: login(one), two: { ...login(two), port: 2 } }, { postgres_hosts: ['two'] });
    const run = await deploy('--json', '--only', 'common,install-docker,images,redis');
    assert.equal(run.status, EXIT.unreachable, run.stdout);
    const problems = run.events.filter(({ type }) => type === 'problem');
    assert.deepEqual(
      problems.map(({ host, status }) => `${host} ${status}`),
      ['two unreachable'],
    );
    const failed = run.events.filter(({ status }) => status === 'failed');
    assert.deepEqual(failed, []);
    assert.match(
      (await one.exec('docker ps --format "{{.Names}} {{.Status}}"')).stdout,
      /^pocket-redis-redis-1 .*healthy/m,
    );
    await one.exec('cd /opt/pocket/redis && docker compose down --volumes');
    await one.exec('rm -rf /opt/pocket/redis');
  });

  await t.test('a port that something else has taken, before anything is changed', async () => {
    await one.exec(
      `setsid perl -MIO::Socket::INET -e '$s = IO::Socket::INET->new(LocalPort => 6379, Listen => 5) or die; sleep' </dev/null >/dev/null 2>&1 &
      until ss -Hltn 'sport = :6379' | grep -q .; do sleep 0.1; done`,
    );
    write({ one: login(one) });
    const run = await deploy();
    tells(run, EXIT.failed, /one: port 6379 is taken by perl \(process \d+\)/, /stop what listens/);
    await assert.rejects(one.exec('test -e /opt/pocket/redis'), { exitCode: 1 });
    await one.exec('pkill -x perl');
    await converges();
    await one.exec('cd /opt/pocket/redis && docker compose down --volumes');
  });

  await t.test('an image that ends at once, with what it said', async (s) => {
    const image = 'fleet.invalid/broken:1';
    const dockerfile = `FROM debian/redis:8.6\nENTRYPOINT ["sh", "-c", "echo the last words of an image >&2; exit 3"]`;
    await $({ quiet: true, input: dockerfile })`docker build --quiet --tag ${image} -`;
    s.after(() => docker('rmi', '--force', image));
    const bundle = join(home, 'bundle');
    await saveBundle([image], bundle);
    write({ one: login(one) }, { images: { source: 'bundle', bundle, redis: image } });
    const run = await deploy();
    tells(
      run,
      EXIT.failed,
      /^one {2}failed {5}redis: Bring up the stack redis/m,
      /one: redis: Bring up the stack redis: exit status 1/,
    );
    assert.match(run.stderr, /the last words of an image/);
    assert.match(run.stderr, /Exited \(3\)|Restarting \(3\)|exited \(3\)/);
    assert.equal(await leftovers(one), '');
    write({ one: login(one) });
    await converges();
  });

  await t.test('an image that the bundle does not have', async () => {
    const images = { source: 'bundle', bundle: LAB_BUNDLE, redis: 'debian/redis:9.9' };
    write({ one: login(one) }, { images });
    tells(
      await deploy(),
      EXIT.failed,
      /^one {2}failed {2}images$/m,
      /has no debian\/redis:9\.9; save it with: scripts\/images\.mjs/,
    );
    write({ one: login(one) }, { images: { ...images, bundle: join(home, 'no-bundle') } });
    const run = await deploy('--only', 'images');
    assert.ok([EXIT.failed, EXIT.usage].includes(run.status as 1 | 2), run.stderr);
    assert.match(run.stderr, /no-bundle/);
    assert.doesNotMatch(run.stderr, /^\s+at .*:\d+/m);
  });

  await t.test('a registry out of reach, before anything is changed', async () => {
    const images = { source: 'registry', redis: 'registry.invalid/redis:8.6' };
    write({ two: login(two) }, { images });
    const run = await deploy();
    tells(run, EXIT.failed, /two: registry\.invalid cannot be reached for registry/, /as a bundle/);
    assert.match(run.stderr, /curl: \(6\)/);
    const left = await two.exec('ls /opt/pocket');
    assert.equal(left.stdout, '');
  });

  const deployment = () => {
    write({ one: login(one) });
    return loadDeployment(profile, { root: home });
  };

  await t.test(
    'over SSH: a step that hangs, one that floods, one that reads its input',
    async () => {
      const loaded = deployment();
      const connection = await openConnection(loaded.host('one'), writeSshConfig(loaded));
      try {
        const hanging = `echo before; sleep 600 & echo $! >/tmp/hanging; wait`;
        const hung = await runSteps([stepOf('false', hanging, { timeoutSeconds: 1 })], {
          connection,
        });
        const { type, exitStatus, output } = hung.events.at(-1)!;
        assert.deepEqual([type, exitStatus, output], ['failed', 124, 'before\n']);
        await one.exec('! kill -0 $(cat /tmp/hanging)');
        const before = process.memoryUsage().rss;
        const flood = `head -c 50000000 /dev/zero | tr '\\0' x; echo; echo the end; exit 1`;
        const flooded = await runSteps([stepOf('false', flood)], { connection });
        assert.match(flooded.events.at(-1)!.output, /the end\n$/);
        assert.ok(flooded.events.at(-1)!.output.length <= 65_536);
        assert.ok(process.memoryUsage().rss - before < 50e6);
        const reading = stepOf('test -e /tmp/read', 'cat >/tmp/read');
        const steps = [reading, stepOf('test -e /tmp/after', 'touch /tmp/after')];
        assert.deepEqual((await runSteps(steps, { connection })).statuses, ['changed', 'changed']);
        assert.equal((await one.exec('stat -c %s /tmp/read')).stdout, '0\n');
      } finally {
        await connection.close();
      }
      assert.equal(await leftovers(one), '');
    },
  );

  await t.test('over SSH: a connection that is lost is no success', async () => {
    const loaded = deployment();
    const connection = await openConnection(loaded.host('one'), writeSshConfig(loaded));
    await assert.rejects(
      connection.run(`kill -KILL $(pgrep -f 'sshd.*notty'); sleep 5`, () => {}),
      (error: Error) =>
        error instanceof UserError &&
        error.exitCode === EXIT.unreachable &&
        /one: the connection was lost while a script ran: /.test(error.message) &&
        !/\[1\]/.test(error.message),
    );
    await connection.close();
  });

  await t.test('over SSH: a script that is cut off runs no step', async () => {
    const loaded = deployment();
    const config = writeSshConfig(loaded);
    const script = compile('cut', [stepOf('false', 'touch /tmp/cut-applied')], []);
    const head = header({ dryRun: false, nonce: 'n', secrets: [] });
    const whole = Buffer.from(head + script);
    const packed = gzipSync(whole);
    const loop = readFileSync(join(ROOT, 'lib/run/host-loop.bash'), 'utf8');
    const ends = [whole.length - 5, whole.length - 6, whole.length - 60, whole.length >> 1];
    const cut = [
      ...ends.map((end) => [`n ${whole.length} run\n`, whole.subarray(0, end)] as const),
      ...[1, 8, 60, packed.length >> 1].map(
        (lacks) => [`n ${packed.length} packed\n`, packed.subarray(0, -lacks)] as const,
      ),
    ];
    for (const [line, arrived] of cut) {
      const input = Buffer.concat([Buffer.from(line), arrived]);
      await $({
        quiet: true,
        nothrow: true,
        input,
      })`ssh -F ${config} one ${`exec bash -c ${quote(loop)}`}`;
    }
    await assert.rejects(one.exec('test -e /tmp/cut-applied'), { exitCode: 1 });
  });
});
