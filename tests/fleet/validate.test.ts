import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { $ } from 'zx';
import { loadDeployment } from '../../lib/deployment.ts';
import { loadSecrets } from '../../lib/secrets/secrets.ts';
import { type Host, testHosts } from './hosts.ts';

const root = join(import.meta.dirname, '../..');

/** The lab's profile on a host, with a chain and backends at which nothing listens; its secrets exist. */
function profileOf(t: TestContext, host: Host, more = ''): { home: string; profile: string } {
  const home = mkdtempSync(join(tmpdir(), 'pocket-validate-'));
  t.after(() => rmSync(home, { recursive: true, force: true }));
  const { address, port, user, identityFile } = host;
  const keys = join(home, 'supplier-keys.yaml');
  writeFileSync(keys, `keys: ["${'11'.repeat(32)}"]\n`, { mode: 0o600 });
  const profile = join(home, 'fresh.yaml');
  writeFileSync(
    profile,
    `extends: ${root}/profiles/all-in-one-lab.yaml
name: fresh
hosts:
  lab: { address: ${address}, port: ${port}, user: ${user}, identity_file: ${identityFile} }
${more}
relayminer:
  keys_file: ${keys}
  services: { anvil: { backends: { jsonrpc: { url: "http://${address}:1" } } } }
pocket_rpc_url: http://${address}:1
pocket_grpc_address: ${address}:1
pocket_api_url: http://${address}:1
provider: { delegators_url: "http://${address}:1/middleman.json" }
`,
  );
  loadSecrets(loadDeployment(profile, { root: home }), { create: true });
  return { home, profile };
}

async function validate({ home, profile }: { home: string; profile: string }) {
  const env = { ...process.env, POCKET_AUTOMATIONS_HOME: home };
  const { exitCode, stdout } = await $({
    env,
    quiet: true,
    nothrow: true,
  })`${process.execPath} ${root}/scripts/validate.mjs --profile ${profile} --json`;
  const lines = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  return { exitCode, findings: lines.slice(0, -1), summary: lines.at(-1) };
}

/** Every file that a validation could change or leave behind, but for what logging in itself changes. */
async function snapshot(host: Host): Promise<Set<string>> {
  const { stdout } = await host.exec(
    `find /etc /opt /root /home /srv /usr/local /tmp /run /var/tmp /var/lib -xdev ! -type d -printf '%p %T@ %s %m\\n' 2>/dev/null |
      grep -vE '^/run/(systemd|user|log|utmp|mount|udev|motd)|^/var/lib/(systemd|wtmpdb|lastlog)|^/var/lib/docker/(buildkit|network)'
    find /run /tmp -xdev -maxdepth 1 -name 'pocket*'
    docker ps --all --quiet; docker images --quiet`,
  );
  return new Set(stdout.split('\n'));
}

test('on a fresh host nothing that needs a service passes, and nothing is changed', async (t) => {
  const { lab } = await testHosts(t, { lab: { variant: 'docker' } });
  const place = profileOf(t, lab);
  await validate(place);
  const before = await snapshot(lab);
  const { exitCode, findings, summary } = await validate(place);
  assert.equal(exitCode, 1);
  const passed = findings.filter(({ verdict }) => verdict === 'pass').map(({ id }) => id);
  // Where nothing runs or listens, nothing runs too much or answers from outside; what this machine keeps is not on the host.
  const own = [
    ...['docker.engine', 'docker.compose', 'docker.enabled', 'docker.strays', 'exposure.outside'],
    ...['exposure.docker-api', 'exposure.docker-socket', 'exposure.temporal-ui'],
    ...['secrets.store', 'secrets.shared', 'secrets.supplier-keys'],
  ];
  assert.deepEqual(
    passed.filter((id) => !id.startsWith('host.') && !own.includes(id)),
    [],
  );
  assert.ok(passed.includes('host.os') && passed.includes('docker.engine'), passed.join(' '));
  assert.equal(findings.length, summary.pass + summary.warn + summary.fail + summary.skip);
  assert.ok(before.size > 500);
  const after = await snapshot(lab);
  const changed = [...before, ...after].filter((line) => !(before.has(line) && after.has(line)));
  assert.deepEqual(changed, []);
});

test('a host that refuses the key is one failure in the words of ssh; the other is asked', async (t) => {
  const { lab, other } = await testHosts(t, {
    lab: { variant: 'docker' },
    other: { variant: 'bare' },
  });
  const { address, identityFile } = other;
  const second = `  other: { address: ${address}, user: nobody, identity_file: ${identityFile} }
relay_miners: [lab, other]`;
  const both = await validate(profileOf(t, lab, second));
  const refused = both.findings.filter(({ host }) => host === 'other');
  assert.deepEqual(
    refused.map(({ id, verdict }) => [id, verdict]),
    [['host.reachable', 'fail']],
  );
  assert.match(refused[0].evidence, /Permission denied/);
  assert.ok(
    both.findings.some(
      ({ id, host, verdict }) => host === 'lab' && id === 'host.os' && verdict === 'pass',
    ),
  );
  assert.equal(both.exitCode, 1);

  const alone = await validate(profileOf(t, { ...lab, user: 'nobody' }));
  assert.equal(alone.exitCode, 2);
});
