import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SecretValue } from '../../lib/compile.ts';
import { loadDeployment } from '../../lib/deployment.ts';
import { loadSecrets } from '../../lib/secrets.ts';
import { quote } from '../../lib/shell.ts';
import type { Host } from './hosts.ts';
import { type Lab, lab } from './lab-fixture.ts';
import { differences, snapshot } from './state.ts';

/** Those that need no images come first, since the images are carried over in between. */
const FIRST = ['common', 'install-docker'];
const THEN = ['redis', 'postgres'];

test('a printed runbook does by hand what its role does', { timeout: 600_000 }, async (t) => {
  const passwords = {
    FLEET_REDIS: `a 'quoted' $word \\ "and" %20`,
    FLEET_POSTGRES: 'it @ "is" $(long)',
  };
  const secrets = { redis_password: 'env:FLEET_REDIS', postgres_password: 'env:FLEET_POSTGRES' };
  for (const [name, value] of Object.entries(passwords)) {
    process.env[name] = value;
    t.after(() => delete process.env[name]);
  }
  const deployed = await lab(t);
  const byHand = await lab(t);
  for (const one of [deployed, byHand]) one.change({ secrets });

  for (const role of FIRST) await succeed(deployed, role);
  for (const role of FIRST) {
    await t.test(`${role}: one line a step, the second time unchanged`, async () => {
      await twice(byHand, role);
    });
  }
  await Promise.all([deployed, byHand].map((one) => succeed(one, 'images')));

  for (const role of THEN) {
    await t.test(`${role}: without its secrets it stops before the first step`, async () => {
      const runbook = await printed(byHand, role);
      const before = await snapshot(byHand.host);
      await assert.rejects(byHand.host.exec(runbook), {
        stderr: new RegExp(`: set the secret ${role}_password`),
      });
      assert.deepEqual(differences(before, await snapshot(byHand.host)), []);
    });

    await t.test(`${role}: one line a step, the second time unchanged`, async () => {
      await twice(byHand, role);
    });
    await succeed(deployed, role);
  }

  await t.test('a runbook of all roles asks for every secret before its first step', async () => {
    const runbook = await printed(byHand, 'deploy');
    const values = asked(byHand, runbook);
    const last = values.pop();
    const before = await snapshot(byHand.host);
    await assert.rejects(byHand.host.exec(exported(values) + runbook), {
      stderr: new RegExp(`: set the secret ${last?.name}\n`),
    });
    assert.deepEqual(differences(before, await snapshot(byHand.host)), []);
  });

  await t.test('both hosts are the same: files, users, containers', async () => {
    const state = await stateOf(deployed.host);
    assert.ok(state.some((line) => line.startsWith('pocket-postgres-postgres-1 ')));
    assert.ok(state.some((line) => line.endsWith('/opt/pocket/redis/config/password.conf')));
    assert.deepEqual(differences(state, await stateOf(byHand.host)), []);
  });

  await t.test('the role finds nothing left to do on the host that was done by hand', async () => {
    for (const role of [...FIRST, ...THEN]) {
      const { stdout } = await succeed(byHand, role);
      assert.equal(JSON.parse(stdout.trim().split('\n').at(-1) ?? '').changed, 0, stdout);
    }
  });
});

async function succeed(one: Lab, role: string) {
  const run = await one.script(role, '--json');
  assert.equal(run.status, 0, run.stdout + run.stderr);
  return run;
}

/** What `--print` shows, checked to hold no secret. */
async function printed(one: Lab, role: string): Promise<string> {
  const run = await one.script(role, '--print');
  assert.equal(run.status, 0, run.stderr);
  for (const { value } of named(one)) assert.ok(!run.stdout.includes(value));
  return run.stdout;
}

function named(one: Lab) {
  const deployment = loadDeployment(one.profile, { root: one.home });
  return loadSecrets(deployment, { create: false }).named();
}

/** The secrets that a runbook's header asks for, in its order. */
function asked(one: Lab, runbook: string): SecretValue[] {
  const values = new Map(named(one).map((secret) => [secret.name, secret]));
  return [...runbook.matchAll(/^: "\$\{(\w+):\?/gm)].map(([, name = '']) => {
    const secret = values.get(name);
    assert.ok(secret, name);
    return secret;
  });
}

function exported(secrets: readonly SecretValue[]): string {
  return secrets.map(({ name, value }) => `export ${name}=${quote(value)}\n`).join('');
}

/** Runs a runbook twice as an operator does: saved to a file, the secrets that its header asks for set before. */
async function twice(one: Lab, role: string): Promise<void> {
  const runbook = await printed(one, role);
  const steps = runbook.match(/^ {2}step \d+ /gm)?.length ?? 0;
  assert.ok(steps > 2, `${steps} steps`);
  const settings = exported(asked(one, runbook));
  const file = `/run/runbook-${role}.bash`;
  await one.host.exec(`cat >${file} <<'RUNBOOK'\n${runbook}RUNBOOK\n`);
  for (const words of [/^(changed|unchanged) +\S/, /^unchanged +\S/]) {
    const { stdout, stderr } = await one.host.exec(`${settings}bash ${file}`, {
      timeoutSeconds: 300,
    });
    const lines = stdout.trimEnd().split('\n');
    assert.equal(lines.length, steps, stdout);
    for (const line of lines) assert.match(line, words);
    assert.equal(stderr, '');
  }
}

/** What a role leaves on a host, but for what differs by nature: the ids of containers, which `.applied` holds. */
async function stateOf(host: Host): Promise<string[]> {
  const { stdout } = await host.exec(`
    cd /
    paths=(/opt/pocket /etc/sysctl.d /etc/security /etc/systemd/system.conf.d)
    find "\${paths[@]}" ! -name .applied -printf '%y %m %U:%G %p %l\\n' | sort
    find "\${paths[@]}" -type f ! -name .applied -exec sha256sum {} + | sort
    getent passwd
    getent group
    docker ps --all --format '{{.Names}} {{.Image}} {{.Label "com.docker.compose.config-hash"}} {{.State}}' | sort
    docker volume ls --format 'volume {{.Name}}'
    docker network ls --format 'network {{.Name}} {{.Driver}}'
    dpkg-query --show`);
  return stdout.trimEnd().split('\n');
}
