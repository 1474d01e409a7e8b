import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { parse } from 'yaml';
import type { Shell } from '../../../lib/shell.ts';
import { stack } from '../../../lib/steps/stack.ts';

/** The services of Redis's compose.override.yaml on a host whose Docker says this of its version, where `asked` can ask. */
function services(answer: string, asked = 'curl'): Record<string, Record<string, unknown>> {
  const steps = stack({ name: 'redis', env: '' });
  const override = steps.find(({ title }) => title.endsWith('/compose.override.yaml'));
  const docker = `curl() { return 127; }; docker() { return 1; }
    ${asked}() { printf %s '${answer}'; [[ '${answer}' ]]; }`;
  const script = `set -u\n${docker}\n${(override!.content as Shell).text}`;
  const { stdout, status, stderr } = spawnSync('bash', ['-c', script], { encoding: 'utf8' });
  assert.equal(status, 0, stderr);
  return parse(stdout).services;
}

test('the health of a container that starts is asked for each second where Docker can, else often for ever', () => {
  const from = (api: string) => services(`{"Version":"27.5.1","ApiVersion":"${api}"}`).redis;
  assert.deepEqual(from('1.47')?.healthcheck, { start_interval: '1s' });
  assert.deepEqual(from('1.44')?.healthcheck, { start_interval: '1s' });
  for (const older of ['1.43', '1.41'])
    assert.deepEqual(from(older)?.healthcheck, { interval: '3s' });
  const without = services('"ApiVersion":"1.41"', 'docker').redis;
  assert.deepEqual(without?.healthcheck, { interval: '3s' }, 'curl is not there');
});

test('a Docker that does not answer for a moment makes no container anew', () => {
  assert.deepEqual(services(''), services('{"Version":"27.5.1","ApiVersion":"1.47"}'));
});
