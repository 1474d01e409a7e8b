import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { stringify } from 'yaml';
import { loadDeployment } from '../../../lib/deployment.ts';
import { mend, onHost, rerun } from '../../../lib/validation/fixes.ts';

/** A deployment whose profile and files are in the working directory, as an operator has them. */
function deploymentOf(t: TestContext, hosts: Record<string, string>) {
  const root = mkdtempSync(join(tmpdir(), 'pocket-fixes-'));
  const before = process.cwd();
  t.after(() => {
    process.chdir(before);
    rmSync(root, { recursive: true, force: true });
  });
  process.chdir(root);
  const path = join(root, 'nodes.yaml');
  const profile = {
    name: 'nodes',
    pocket_network: 'beta',
    hosts,
    pocket_cli_hosts: Object.keys(hosts),
  };
  writeFileSync(path, stringify(profile));
  return loadDeployment(path, { root });
}

test('what mends a service is its role, else a restart, and its log tells why', (t) => {
  const deployment = deploymentOf(t, { one: 'root@192.0.2.1', two: 'root@192.0.2.2' });
  const ssh = 'ssh -F deployments/nodes/ssh_config';
  assert.deepEqual(mend(deployment, deployment.host('two'), 'sentinel').split('; '), [
    'scripts/redis.mjs --profile nodes.yaml --limit two',
    `if that changes nothing: ${ssh} two docker restart pocket-redis-sentinel-sentinel-1`,
    `why it is so: ${ssh} two docker compose -p pocket-redis-sentinel logs --tail 50 sentinel`,
  ]);
});

test('who does not log in as root runs what needs root with sudo', (t) => {
  const deployment = deploymentOf(t, { one: 'ubuntu@192.0.2.1', two: 'root@192.0.2.2' });
  const reboot = (name: string) => onHost(deployment, deployment.host(name), 'reboot');
  assert.equal(reboot('one'), 'ssh -F deployments/nodes/ssh_config one sudo -n reboot');
  assert.equal(reboot('two'), 'ssh -F deployments/nodes/ssh_config two reboot');
});

test('several hosts are mended by one run of the role, and restarted one after the other', (t) => {
  const deployment = deploymentOf(t, { one: 'root@192.0.2.1', two: 'root@192.0.2.2' });
  const [role, restart] = mend(deployment, deployment.hosts, 'relayer', 'miner').split('; ');
  assert.equal(role, 'scripts/relayminer.mjs --profile nodes.yaml --limit one,two');
  const both = 'docker restart pocket-relayminer-relayer-1 pocket-relayminer-miner-1';
  assert.equal(
    restart,
    `if that changes nothing: ssh -F deployments/nodes/ssh_config one ${both} && ssh -F deployments/nodes/ssh_config two ${both}`,
  );
});

test('a role without hosts is run on all that have it', (t) => {
  const deployment = deploymentOf(t, { one: '192.0.2.1' });
  assert.equal(rerun(deployment, 'relayminer'), 'scripts/relayminer.mjs --profile nodes.yaml');
});
