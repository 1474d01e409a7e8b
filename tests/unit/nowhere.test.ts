import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { EXIT } from '../../lib/exit-codes.ts';
import { ROOT } from '../lab/paths.ts';
import { directoryWith } from './profile/temporary.ts';

const CLIENTS = `pocket_network: main
hosts: {one: root@192.0.2.1, two: root@192.0.2.2, three: root@192.0.2.3}
pocket_cli_hosts: [one, two, three]
`;
const REDIS = `${CLIENTS}redis_hosts: [three]\n`;
const DISABLED = `${REDIS}relay_relayers: [three]\nrelay_miners: [three]\nha_relayminer_enabled: false\n`;

/** What a script says against a profile in which its role is nowhere. */
function refusal(t: TestContext, profile: string, script: string, ...words: string[]): string {
  const home = directoryWith(t, { 'profiles/p.yaml': profile });
  const run = spawnSync(
    process.execPath,
    [join(ROOT, `scripts/${script}.mjs`), '--profile', 'profiles/p.yaml', ...words],
    { cwd: home, encoding: 'utf8', env: { ...process.env, POCKET_AUTOMATIONS_HOME: home } },
  );
  assert.deepEqual([run.status, run.stdout], [EXIT.usage, ''], run.stderr);
  return run.stderr.trimEnd();
}

test('a role without hosts is told with the group that is empty', (t) => {
  assert.equal(
    refusal(t, CLIENTS, 'redis', '--dry-run'),
    'redis runs on the hosts of redis_hosts, which is empty in profiles/p.yaml',
  );
  assert.equal(
    refusal(t, CLIENTS, 'relayminer', '--print', '--limit', 'one'),
    'relayminer runs on the hosts of relay_relayers and relay_miners, which are empty in profiles/p.yaml',
  );
});

test('one that is switched off, with what switches it off', (t) => {
  assert.equal(
    refusal(t, DISABLED, 'relayminer', '--dry-run'),
    'relayminer is switched off in profiles/p.yaml: ha_relayminer_enabled is false',
  );
});

test('one without a group of its own, with what brings it', (t) => {
  assert.equal(
    refusal(t, REDIS, 'exporters', '--dry-run'),
    'exporters runs on every host as soon as monitoring_hosts has one, and it is empty in profiles/p.yaml',
  );
  for (const role of ['install-docker', 'images'])
    assert.equal(
      refusal(t, CLIENTS, role, '--dry-run'),
      `${role} runs on hosts that run containers, and none does in profiles/p.yaml`,
    );
});

test('where --limit leaves out the hosts of a role, it is told which have it', (t) => {
  assert.equal(
    refusal(t, REDIS, 'redis', '--dry-run', '--limit', 'one,two'),
    'redis is not on one, two; it is on three: --limit three',
  );
});

test('several roles are told one by one', (t) => {
  assert.equal(
    refusal(t, REDIS, 'deploy', '--only', 'redis,postgres', '--dry-run', '--limit', 'one'),
    [
      'redis is not on one; it is on three: --limit three',
      'postgres runs on the hosts of postgres_hosts, which is empty in profiles/p.yaml',
    ].join('\n'),
  );
});

test('--print names the hosts of which it prints one', (t) => {
  assert.equal(
    refusal(t, REDIS, 'pocketd', '--print', '--limit', 'one,three'),
    '--print prints the script of one host: give --limit with one of one, three',
  );
});
