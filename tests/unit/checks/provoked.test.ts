import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { stringify } from 'yaml';
import {
  checksOf,
  deploymentChecksOf,
  fleetChecksOf,
  ownChecksOf,
} from '../../../lib/checks/all.ts';
import { loadDeployment } from '../../../lib/deployment.ts';
import { generatePrivateKey } from '../../../lib/secrets/keys.ts';
import { loadSecrets } from '../../../lib/secrets/secrets.ts';
import { fullProfile } from '../../hostile/full-profile.ts';
import { merged } from '../../lab/profile.ts';
import { filledProfiles, PROFILES } from '../../profiles.ts';
import * as validation from '../../validation/breakage.ts';
import { labContext, MANAGED } from './deployment.ts';

/** Why no test on container hosts can break what these checks look at. */
const UNPROVOKED: Record<string, string> = {
  'host.kernel': 'a container has the kernel settings of its machine, so that it is skipped there',
  'host.time': 'a container has the clock of its machine, so that it is skipped there',
};

const filled = filledProfiles();
after(() => filled.remove());
const KEYS = join(filled.directory, 'own-keys.yaml');

/** An id without the names of hosts and services, which each deployment has its own of. */
function folded(id: string): string {
  return id
    .replace(/^(relayminer\.ready|public\.relayer)-.*/, '$1-…')
    .replace(/^backends\.[^.]+\./, 'backends.….');
}

/** The ids of every check that is made for a shipped profile. */
function idsFor(profile: string): string[] {
  return idsOfAll(profile, { extends: filled.path(profile), relayminer: { keys_file: KEYS } });
}

/** The ids of every check that is made for a profile of these values. */
function idsOfAll(name: string, values: object): string[] {
  writeFileSync(KEYS, stringify({ keys: [generatePrivateKey()] }), { mode: 0o600 });
  const path = join(filled.directory, `own-${name}.yaml`);
  writeFileSync(path, stringify(values));
  const deployment = loadDeployment(path, { root: filled.directory });
  const secrets = loadSecrets(deployment, { create: true });
  const onHosts = deployment.hosts.flatMap((host) => {
    const context = { deployment, host, secrets };
    return [...checksOf(context), ...ownChecksOf(context)];
  });
  const together = [
    ...fleetChecksOf(deployment, secrets),
    ...deploymentChecksOf({ deployment, secrets }),
  ];
  return [...onHosts, ...together].map(({ id }) => folded(id));
}

const idsOf = (breakages: readonly validation.Breakage[]) =>
  breakages.flatMap(validation.checksOf).map(folded);

test('each check of managed services is provoked on hosts', async (t) => {
  t.after(() => delete process.env.TEST_MANAGED_PASSWORD);
  process.env.TEST_MANAGED_PASSWORD = 'the-administrator-chose-it';
  const provoked = new Set(idsOf(await validation.breakagesIn('managed')));
  const made = checksOf(labContext({ profile: MANAGED }))
    .filter(({ group }) => ['redis', 'postgres', 'temporal'].includes(group))
    .map(({ id }) => id);
  assert.deepEqual(made.toSorted(), [...provoked].toSorted());
});

test('each check of a profile is provoked on hosts, or it is said why not', async (t) => {
  const values = {
    ...{ HOSTILE_DNS: 'token-of-the-test', HOSTILE_PORTAL: 'password-of-the-test' },
    TEST_ALERT: 'https://alerts.nodes.net/the-test',
  };
  Object.assign(process.env, values);
  t.after(() => {
    for (const name of Object.keys(values)) delete process.env[name];
  });
  // What no shipped profile has: every name that can be public, every transport, and somebody who is told of alerts.
  const everything = merged(fullProfile(), {
    relayminer: { keys_file: KEYS },
    monitoring: { alerts: ['webhook'] },
    secrets: { alert_webhook_url: 'env:TEST_ALERT' },
  });
  const made = new Set([
    ...PROFILES.filter((name) => name !== 'custom').flatMap(idsFor),
    ...idsOfAll('everything', everything as object),
  ]);
  assert.ok(made.size > 100, `${made.size} checks`);
  const breakages = await Promise.all(['breakages', 'several-hosts'].map(validation.breakagesIn));
  const provoked = new Set(idsOf(breakages.flat()));
  const excused = Object.keys(UNPROVOKED);
  assert.deepEqual(
    [...made].filter((id) => !provoked.has(id) && !excused.includes(id)),
    [],
    'checks without a breakage in tests/validation',
  );
  assert.deepEqual(
    excused.filter((id) => provoked.has(id) || !made.has(id)),
    [],
    'checks that need no excuse',
  );
});
