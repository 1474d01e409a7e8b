import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { testHosts } from '../fleet/hosts.ts';
import { runScript } from '../fleet/lab-fixture.ts';
import { differences, snapshot } from '../fleet/state.ts';
import { pocketdArchive } from '../lab/standins/pocketd/archive.ts';
import { directoryWith } from '../unit/profile/temporary.ts';

test('pocketd on a bare host: verified, replaced by another version, and by nothing else', {
  timeout: 600_000,
}, async (t) => {
  const { bare } = await testHosts(t, { bare: { variant: 'bare', user: 'operator' } });
  const home = directoryWith(t, {});
  const profile = join(home, 'cli.yaml');
  const old = pocketdArchive(home, '0.1.34');
  const next = pocketdArchive(home, '9.9.9');
  const write = (version: string, archive: string, sha256: string) =>
    writeFileSync(
      profile,
      `name: cli
pocket_network: beta
hosts: {bare: {address: ${bare.user}@${bare.address}, identity_file: ${bare.identityFile}}}
pocket_cli_hosts: [bare]
firewall: {enabled: false}
pocketd: {version: ${version}, archive: ${archive}, sha256: {amd64: ${sha256}}}
`,
    );
  const deploy = async () => {
    const run = await runScript(home, 'deploy', '--profile', profile, '--yes', '--json');
    const steps = run.events.filter(({ type, role }) => type === 'step' && role === 'pocketd');
    const changed = steps.filter(({ status }) => status === 'changed').map(({ title }) => title);
    const { changed: count } = run.events.at(-1) ?? {};
    return { ...run, changed, count, all: run.stdout + run.stderr };
  };
  const installed = async () => (await bare.exec('HOME=/tmp/none pocketd version')).stdout.trim();

  await t.test('it is installed and told the network, of whoever logs in', async () => {
    write('v0.1.34', old.path, old.sha256);
    const run = await deploy();
    assert.equal(run.status, 0, run.all);
    assert.ok(run.changed.includes('Install pocketd v0.1.34'), run.changed.join());
    assert.equal(await installed(), '0.1.34');
    const { stdout } = await bare.exec('cat /home/operator/.pocket/config/client.toml');
    assert.match(stdout, /^node = "https:\/\/sauron-rpc\.beta\.infra\.pocket\.network"$/m);
    assert.match(stdout, /^chain-id = "pocket-lego-testnet"$/m);
    assert.match(stdout, /^keyring-backend = "os"$/m, 'as pocketd itself made it');
    const owner = await bare.exec('stat -c %U /home/operator/.pocket/config/client.toml');
    assert.equal(owner.stdout, 'operator\n');
    await bare.exec(
      '! command -v docker && ! find / -xdev -name "keyring*" -path "*pocket*" | grep .',
    );
  });

  await t.test('a second deploy changes nothing at all', async () => {
    const before = await snapshot(bare);
    const run = await deploy();
    assert.equal(run.status, 0, run.all);
    assert.equal(run.count, 0);
    const changed = differences(before, await snapshot(bare));
    assert.deepEqual(
      changed.filter((line) => /pocket/.test(line)),
      [],
    );
  });

  await t.test('validation tells the version', async () => {
    const run = await runScript(home, 'validate', '--profile', profile, '--only', 'host', '--json');
    const found = run.events.find(({ id }) => id === 'host.pocketd');
    assert.deepEqual([found?.verdict, found?.evidence], ['pass', '0.1.34']);
  });

  await t.test('another archive than the profile wants leaves the old program', async () => {
    write('v9.9.9', next.path, 'ab'.repeat(32));
    const run = await deploy();
    assert.equal(run.status, 1, run.all);
    assert.match(run.all, new RegExp(`has the sha256 ${next.sha256}.*nothing was replaced`));
    assert.equal(await installed(), '0.1.34');
  });

  await t.test('peer defect D39 cannot happen here: another version is acted upon', async () => {
    write('v9.9.9', next.path, next.sha256);
    const run = await deploy();
    assert.equal(run.status, 0, run.all);
    assert.deepEqual(run.changed, ['Install pocketd v9.9.9']);
    assert.equal(await installed(), '9.9.9');
    const previous = '/usr/local/share/pocketd/previous';
    assert.equal((await bare.exec(`HOME=/tmp/none ${previous} version`)).stdout, '0.1.34\n');
    assert.equal((await deploy()).count, 0);
  });

  await t.test('alone, without a manifest, and as a runbook that needs no archive', async () => {
    const words = ['--host', `operator@${bare.address}`, '--pocket-network', 'main'];
    const printed = await runScript(home, 'pocketd', ...words, '--print');
    assert.equal(printed.status, 0, printed.stderr);
    assert.match(
      printed.stdout,
      /releases\/download\/v0\.1\.35\/pocket_linux_\$architecture\.tar\.gz/,
    );
  });
});
