import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import type { Finding } from '../../../lib/validation/check.ts';
import { countOf } from '../../../lib/validation/findings.ts';
import { validate } from '../../../lib/validation/validate.ts';
import { labContext, NOTHING } from './deployment.ts';
import { localShell, OWN_NETWORK } from './local.ts';

const [program = '', ...words] = [...OWN_NETWORK, 'true'];
const skip =
  spawnSync(program, words).status === 0 ? false : 'this machine allows no network of its own';

/** What can be so on a machine on which nothing was deployed. */
const WITHOUT_SERVICES = [
  'host',
  'docker.compose',
  'docker.enabled',
  'secrets.store',
  'secrets.values',
  'secrets.shared',
  'secrets.supplier-keys',
];

test('with nothing listening anywhere validation passes nothing that needs a service', {
  skip,
}, async () => {
  const context = labContext({
    profile: 'provider: {delegators_url: "http://nothing.invalid/list.json"}',
    backends: {
      jsonrpc: { url: `http://${NOTHING}` },
      rest: { url: `http://${NOTHING}` },
      websocket: { url: `ws://${NOTHING}` },
      grpc: { url: NOTHING },
      cometbft: { url: `http://${NOTHING}` },
    },
  });
  const told: Finding[] = [];
  const { findings, counts, exitCode } = await validate({
    ...context,
    open: async () =>
      localShell({
        words: OWN_NETWORK,
        environment: { DOCKER_HOST: 'unix:///nonexistent/docker.sock' },
      }),
    onFinding: (finding) => told.push(finding),
  });
  const needing = findings.filter(
    ({ id, group }) => !WITHOUT_SERVICES.includes(id) && !WITHOUT_SERVICES.includes(group),
  );
  assert.ok(needing.length > 50, `${needing.length} checks need a service`);
  assert.deepEqual(
    needing.filter(({ verdict }) => verdict === 'pass'),
    [],
  );
  assert.deepEqual(
    needing.filter(({ verdict }) => verdict === 'warn').map(({ id }) => id),
    ['registry.delegators'],
  );
  for (const { id, evidence, fix } of needing) {
    assert.ok(evidence !== '' && fix !== '', `${id} tells why and what to do`);
  }
  assert.equal(exitCode, 1);
  assert.deepEqual(counts, countOf(told));
  const ids = findings.map(({ host, id }) => `${host} ${id}`);
  assert.equal(new Set(ids).size, ids.length, 'every id once');
});

test('an unreachable gRPC and Redis are never pass', { skip }, async () => {
  const { findings } = await validate({
    ...labContext(),
    only: ['redis', 'temporal', 'chain.grpc'],
    open: async () => localShell({ words: OWN_NETWORK }),
  });
  const asked = findings.map(({ id }) => id);
  assert.ok(asked.includes('redis.version') && asked.includes('chain.grpc'));
  assert.deepEqual([...new Set(findings.map(({ verdict }) => verdict))], ['fail']);
});
