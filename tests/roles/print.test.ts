import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadDeployment } from '../../lib/deployment.ts';
import type { SecretValue } from '../../lib/run/compile.ts';
import { generatePrivateKey } from '../../lib/secrets/keys.ts';
import { loadSecrets } from '../../lib/secrets/secrets.ts';
import { quote } from '../../lib/shell.ts';
import type { Host } from '../fleet/hosts.ts';
import { type Lab, lab } from '../fleet/lab-fixture.ts';
import { differences, snapshot } from '../fleet/state.ts';
import { backend, standInChain } from '../lab/profile.ts';

/** Those that need no images come first, since the images are carried over in between. */
const FIRST = ['common', 'install-docker'];
const THEN = ['redis', 'postgres', 'temporal', 'provider', 'relayminer', 'reverse-proxy'];

test('a printed runbook does by hand what its role does', { timeout: 900_000 }, async (t) => {
  const values = {
    redis_password: `a 'quoted' $word \\ "and" %20`,
    postgres_password: 'it @ "is" $(long)',
    app_identity: generatePrivateKey(),
    encryption_key: '0f'.repeat(32),
    encryption_iv: 'f0'.repeat(16),
    auth_secret: 'session $x "y" `z` '.repeat(4),
    simulation_application_key: generatePrivateKey(),
    simulation_gateway_key: generatePrivateKey(),
  };
  const variable = (name: string) => `FLEET_PRINT_${name.toUpperCase()}`;
  for (const [name, value] of Object.entries(values)) {
    process.env[variable(name)] = value;
    t.after(() => delete process.env[variable(name)]);
  }
  const deployed = await lab(t);
  const byHand = await lab(t);
  for (const one of [deployed, byHand])
    one.change({ ...outside(deployed.host.address), secrets: references(values, variable) });

  for (const role of FIRST) await succeed(deployed, role);
  for (const role of FIRST) {
    await t.test(`${role}: one line a step, the second time unchanged`, async () => {
      await twice(byHand, role);
    });
  }
  await deployed.standIns();
  await Promise.all([deployed, byHand].map((one) => succeed(one, 'images')));

  for (const role of THEN) {
    await t.test(`${role}: without its secrets it stops before the first step`, async () => {
      const runbook = await printed(byHand, role);
      const [first] = asked(byHand, runbook);
      if (!first) return assert.equal(role, 'reverse-proxy', 'every other role has secrets');
      const before = await snapshot(byHand.host);
      await assert.rejects(byHand.host.exec(runbook), {
        stderr: new RegExp(`: set the secret ${first.name}\n`),
      });
      assert.deepEqual(differences(before, await snapshot(byHand.host)), []);
    });

    await Promise.all([
      succeed(deployed, role),
      t.test(`${role}: one line a step, the second time unchanged`, async () => {
        await twice(byHand, role);
      }),
    ]);
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
    for (const container of [
      ...['redis-redis', 'postgres-postgres', 'temporal-temporal', 'provider-provider-web'],
      ...['relayminer-relayer', 'relayminer-miner', 'reverse-proxy-caddy'],
    ])
      assert.ok(
        state.some((line) => line.startsWith(`pocket-${container}-1 `)),
        container,
      );
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

/** What both hosts find outside of them: the stand-ins at one address. */
const outside = (address: string) => ({
  ...standInChain(address),
  relayminer: { services: { anvil: backend(address) } },
});

const references = (values: object, variable: (name: string) => string) =>
  Object.fromEntries(Object.keys(values).map((name) => [name, `env:${variable(name)}`]));

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

/**
 * What a role leaves on a host, but for what differs by nature: the ids of containers, which `.applied` holds, when the
 * proxy's configuration was accepted, which names its directory and is in `.loaded`, and the stand-ins, which are on one
 * of them.
 */
async function stateOf(host: Host): Promise<string[]> {
  const { stdout } = await host.exec(`
    cd /
    paths=(/opt/pocket /etc/sysctl.d /etc/security /etc/systemd/system.conf.d)
    find "\${paths[@]}" ! -name .applied -printf '%y %m %U:%G %p %l\\n' | sed -E 's/accepted\\.[0-9.]+/accepted/g' | sort
    find "\${paths[@]}" -type f ! -name .applied ! -name .loaded -exec sha256sum {} + | sed -E 's/accepted\\.[0-9.]+/accepted/g' | sort
    getent passwd
    getent group
    docker ps --all --format '{{.Names}} {{.Image}} {{.Label "com.docker.compose.config-hash"}} {{.State}}' | grep -v '^pocket-lab-' | sort
    docker volume ls --format 'volume {{.Name}}'
    docker network ls --format 'network {{.Name}} {{.Driver}}'
    dpkg-query --show`);
  return stdout.trimEnd().split('\n');
}
