import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { preflightChecks } from '../../../lib/checks/preflight.ts';
import type { RoleName } from '../../../lib/profile/roles.ts';
import { loadSecrets } from '../../../lib/secrets/secrets.ts';
import { findingOf } from '../../../lib/validation/check.ts';
import { redis } from '../../../scripts/redis.mjs';
import { directoryWith } from '../profile/temporary.ts';
import { deployment, THREE_REDIS } from '../roles/deployed.ts';

/** Three hosts with a Redis each, or, with the mode `deploy`, with one on the host `two`. */
function three(t: TestContext, mode: 'sentinel' | 'deploy') {
  const one = THREE_REDIS.replace(/(?<=redis_hosts: ).*/, '[two]\npocket_cli_hosts: [three]');
  return deployment(t, mode === 'deploy' ? one : THREE_REDIS, `redis: {mode: ${mode}}`);
}

function checkOn(
  t: TestContext,
  host: string,
  mode: 'sentinel' | 'deploy' = 'sentinel',
  roles: RoleName[] = ['redis'],
) {
  const { loaded } = three(t, mode);
  const secrets = loadSecrets(loaded, { create: true });
  const context = { deployment: loaded, host: loaded.host(host), secrets };
  return preflightChecks(context, roles).find(({ id }) => id === 'host.only-redis');
}

/** The finding on a host with this `.env` of Redis and these volumes. */
function finding(t: TestContext, env: string | undefined, volumes: string) {
  const check = checkOn(t, 'two')!;
  const root = directoryWith(t, { 'docker-says': volumes });
  const stack = join(root, 'redis');
  mkdirSync(stack);
  if (env !== undefined) writeFileSync(join(stack, '.env'), env);
  const { status, stdout, stderr } = spawnSync(
    'bash',
    [
      '-c',
      `docker() { [[ $* == 'volume ls --quiet --filter name=^pocket-redis_data$' ]] && cat ${root}/docker-says; }
      ${check.probe.text.replaceAll('/opt/pocket/redis', stack)}`,
    ],
    { encoding: 'utf8' },
  );
  return findingOf(check, {
    ran: true,
    status: status!,
    output: stdout,
    errors: stderr,
    milliseconds: 0,
  });
}

/** The `.env` of Redis on the host `two`. */
function envOf(t: TestContext, mode: 'sentinel' | 'deploy'): string {
  return three(t, mode).run(redis, 'two').text('/opt/pocket/redis/.env');
}

test('a Redis that was the only one is not made to follow another', (t) => {
  const { verdict, evidence, fix } = finding(t, envOf(t, 'deploy'), 'pocket-redis_data\n');
  assert.equal(verdict, 'fail', evidence);
  assert.match(evidence, /^its Redis was the only one .* that of one$/);
  assert.match(fix, /^list two first in redis_hosts; /);
});

test('one of several, one without data, and a host without Redis are in nobody’s way', (t) => {
  for (const [env, volumes] of [
    [envOf(t, 'sentinel'), 'pocket-redis_data\n'],
    [envOf(t, 'deploy'), ''],
    [undefined, ''],
  ] as const)
    assert.equal(finding(t, env, volumes).verdict, 'pass');
});

test('this is asked before Redis is deployed where another is the first', (t) => {
  assert.ok(checkOn(t, 'three'));
  assert.equal(checkOn(t, 'one'), undefined);
  assert.equal(checkOn(t, 'two', 'deploy'), undefined);
  assert.equal(checkOn(t, 'two', 'sentinel', ['exporters']), undefined);
});
