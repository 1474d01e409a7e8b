import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { parse } from 'yaml';
import { loadDeployment } from '../../../lib/deployment.ts';
import { ProfileError } from '../../../lib/profile/problem.ts';
import { scalars, treeOf } from '../../../lib/profile/tree.ts';
import { loadSecrets } from '../../../lib/secrets/secrets.ts';
import { ROOT } from '../../lab/paths.ts';
import { filledProfiles, PROFILES } from '../../profiles.ts';

const shipped = (name: string) => join(ROOT, 'profiles', `${name}.yaml`);
const READY = ['all-in-one-lab', 'custom'];

test('there is a profile for each architecture', () => {
  assert.deepEqual(PROFILES.toSorted(), [
    'all-in-one-lab',
    'custom',
    'ha-relay-mining',
    'production-single-host',
    'provider-plus-public-middleman',
    'recommended-production',
  ]);
});

describe('as it is shipped, a profile names exactly what has to be filled in', () => {
  for (const name of PROFILES.filter((one) => !READY.includes(one))) {
    test(name, () => {
      const lines = readFileSync(shipped(name), 'utf8').split('\n');
      const own = lines.filter((line) => /^[^#]*<[^>]+>/.test(line)).length;
      assert.throws(
        () => loadDeployment(shipped(name)),
        (error: unknown) => {
          assert.ok(error instanceof ProfileError);
          for (const { path, expected } of error.problems) {
            assert.match(expected, /^the placeholder/, path.join('.'));
          }
          const here = error.problems.filter(({ file }) => file?.endsWith(`/${name}.yaml`));
          assert.ok(here.length >= own, `${here.length} of ${own} lines`);
          return true;
        },
      );
    });
  }

  test('custom: hosts', () => {
    assert.throws(
      () => loadDeployment(shipped('custom')),
      (error: unknown) =>
        error instanceof ProfileError &&
        error.problems.length === 1 &&
        error.problems[0]?.expected === 'expected at least one host',
    );
  });
});

test('filled in, each is good, with the topology that its name says', (t) => {
  const filled = filledProfiles();
  t.after(filled.remove);
  const sizes = (name: string) => {
    const deployment = loadDeployment(filled.path(name));
    const { length: proxies } = deployment.group('reverse_proxy_hosts');
    const { length: relayers } = deployment.group('relay_relayers');
    const { length: miners } = deployment.group('relay_miners');
    const { length: redis } = deployment.group('redis_hosts');
    return [deployment.hosts.length, proxies, relayers, miners, redis];
  };
  assert.deepEqual(sizes('all-in-one-lab'), [1, 1, 1, 1, 1]);
  assert.deepEqual(sizes('production-single-host'), [1, 1, 1, 1, 1]);
  assert.deepEqual(sizes('recommended-production'), [8, 1, 1, 1, 1]);
  assert.deepEqual(sizes('ha-relay-mining'), [13, 2, 2, 2, 3]);
  assert.deepEqual(sizes('provider-plus-public-middleman'), [2, 1, 1, 1, 1]);
});

test('a relayer probes each node that it asks over HTTP, so that no relay has to find out', (t) => {
  const filled = filledProfiles();
  t.after(filled.remove);
  for (const name of PROFILES.filter((one) => one !== 'custom')) {
    const services = loadDeployment(filled.path(name)).profile.relayminer?.services ?? {};
    const backends = Object.values(services).flatMap((one) => [
      ...[one.backends.jsonrpc, one.backends.rest, one.backends.cometbft],
    ]);
    const probes = backends.flatMap((backend) => (backend ? [backend.health_check] : []));
    assert.notEqual(probes.length, 0, name);
    for (const probe of probes) {
      assert.equal(probe?.enabled, true, name);
      assert.equal(JSON.parse(probe.request_body ?? '').method, 'eth_blockNumber', name);
      assert.deepEqual([probe.method, probe.expected_body], ['POST', '"result"'], name);
    }
  }
});

test('how people are told of alerts stands in the production profiles, and works as it stands', (t) => {
  const filled = filledProfiles();
  t.after(filled.remove);
  writeFileSync(
    join(filled.directory, 'slack-url.txt'),
    'https://hooks.slack.com/services/T0/B0/x',
  );
  for (const name of ['production-single-host', 'recommended-production']) {
    const text = readFileSync(filled.path(name), 'utf8');
    const example = text.replace(/^# +((?:monitoring: |secrets: \{ alert_).*)$/gm, '$1');
    const path = join(filled.directory, `told-${name}.yaml`);
    writeFileSync(path, example);
    const deployment = loadDeployment(path, { root: filled.directory });
    assert.deepEqual(deployment.profile.monitoring.alerts, ['slack'], name);
    const secrets = loadSecrets(deployment, { create: true, roles: [] });
    assert.match(secrets.get('alert_slack_url').reveal(), /^https:/);
  }
});

test('no address, port or password is written twice by hand', () => {
  for (const name of PROFILES) {
    const tree = treeOf(parse(readFileSync(shipped(name), 'utf8')));
    const values = [...scalars(tree)]
      .map(({ value }) => String(value))
      .filter((value) => /^\d+$|:\/\/|@|\d+\.\d+\.\d+\.\d+/.test(value) && !value.startsWith('<'));
    assert.deepEqual(values, [...new Set(values)], name);
  }
});
