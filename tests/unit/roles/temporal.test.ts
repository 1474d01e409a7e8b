import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { temporal } from '../../../scripts/temporal.mjs';
import { bash, deployment, ONE_HOST, TWO_HOSTS } from './deployed.ts';

const NAMESPACE = 'Create the Temporal namespace provider';
const SPLIT = TWO_HOSTS.replace('temporal_hosts: [data]', 'temporal_hosts: [front]');

test('peer defect D29 cannot happen here: Temporal runs without PostgreSQL beside it', (t) => {
  const cases = [
    [ONE_HOST, 'one', 'postgres'],
    [SPLIT, 'front', '10.0.0.4'],
  ] as const;
  for (const [hosts, host, address] of cases) {
    const deployed = deployment(t, hosts).run(temporal, host);
    const { POSTGRES_SEEDS, DB_PORT } = deployed.env('temporal');
    assert.deepEqual([POSTGRES_SEEDS, DB_PORT], [address, '5432']);
    assert.ok(deployed.steps.every(({ title }) => !title.includes('/opt/pocket/postgres')));
  }
});

test('only the server is started: the one-shot runs when the namespace is not as it should be', (t) => {
  const up = deployment(t, ONE_HOST).run(temporal, 'one').step('Bring up the stack temporal');
  assert.match(up.apply.text, /^bring_up --remove-orphans temporal$/m);
});

describe('the namespace', () => {
  const step = (t: Parameters<typeof deployment>[0]) =>
    deployment(t, ONE_HOST, 'temporal: {retention_hours: 96}').run(temporal, 'one').step(NAMESPACE);
  const answer = (output: string, status = 0) => `docker() { echo '${output}'; return ${status}; }`;

  test('is as it should be when its retention is the profile’s', (t) => {
    bash(step(t).check.text, answer('"workflowExecutionRetentionTtl": "345600s"'));
  });
  for (const [what, functions] of [
    ['has another retention', answer('"workflowExecutionRetentionTtl": "259200s"')],
    ['is missing', answer('Error: Namespace provider is not found.', 1)],
    ['cannot be asked about', answer('', 1)],
  ] as const) {
    test(`is not as it should be when it ${what}`, (t) => {
      assert.throws(() => bash(step(t).check.text, functions));
    });
  }

  test('is made by the one-shot of the stack', (t) => {
    assert.equal(
      bash(step(t).apply.text, 'docker() { echo "$@"; }'),
      'compose --project-directory /opt/pocket/temporal run --rm -T namespace provider 96\n',
    );
  });
});

describe('the one-shot', () => {
  const script = (t: Parameters<typeof deployment>[0], functions: string) =>
    bash(
      `set -- provider 96\n${deployment(t, ONE_HOST).run(temporal, 'one').text('/opt/pocket/temporal/setup/namespace.sh')}`,
      `temporal() { [[ $3 != describe ]] || { ${functions}; }; echo "$3 $6 $7"; }`,
    );

  test('updates a namespace that exists', (t) => {
    assert.equal(script(t, 'echo found; return 0'), 'update --retention 96h\n');
  });
  test('creates one that does not', (t) => {
    assert.equal(
      script(t, 'echo "Error: Namespace provider is not found."; return 1'),
      'create --retention 96h\n',
    );
  });
  test('does nothing when it could not ask', (t) => {
    assert.throws(
      () => script(t, 'echo "Error: connection refused"; return 1'),
      ({ stdout, stderr }) => stdout === '' && stderr === 'Error: connection refused\n',
    );
  });
});
