import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { loadDeployment } from '../../lib/deployment.ts';
import { generatePrivateKey, loadSecrets } from '../../lib/secrets/secrets.ts';
import { directoryWith, RELAY_HOST } from './profile/temporary.ts';

const SCRIPT = fileURLToPath(new URL('../../scripts/report.mjs', import.meta.url));

/** Runs the script in a home of its own, on a profile whose only host does not exist. */
function report(t: TestContext, secrets: 'deployed' | 'none', ...options: string[]) {
  const home = directoryWith(t, {
    'nodes.yaml': RELAY_HOST.replace('root@10.0.0.5', '{address: 127.0.0.1, port: 1}'),
    'keys.yaml': `keys: ["${generatePrivateKey()}"]\n`,
  });
  const profile = join(home, 'nodes.yaml');
  if (secrets === 'deployed')
    loadSecrets(loadDeployment(profile, { root: home }), { create: true });
  const run = spawnSync(process.execPath, [SCRIPT, '--profile', profile, ...options], {
    encoding: 'utf8',
    env: { ...process.env, POCKET_AUTOMATIONS_HOME: home, NO_COLOR: '1' },
  });
  return { ...run, path: join(home, 'reports/nodes/report.md') };
}

test('scripts/report.mjs prints nothing but the paths of what it wrote', (t) => {
  const { stdout, stderr, status, path } = report(t, 'deployed');
  assert.equal(stderr, '');
  assert.equal(stdout, `${path}\n${path.replace(/md$/, 'html')}\n`);
  assert.equal(status, 0);
  assert.match(readFileSync(path, 'utf8'), /\*\*Not validated\.\*\*/);
});

test('scripts/report.mjs --validate reports an unreachable host, and does not exit 0', (t) => {
  const { stdout, stderr, status, path } = report(t, 'deployed', '--validate');
  assert.equal(status, 2);
  assert.equal(stdout, `${path}\n${path.replace(/md$/, 'html')}\n`);
  assert.match(stderr, /FAIL! host\.reachable/);
  assert.match(stderr, /could not tell/);
  assert.match(
    readFileSync(path, 'utf8'),
    /\*\*It could not be told\.\*\*[\s\S]*\| fail \| critical \| `web1` \|/,
  );
});

test('scripts/report.mjs makes up no secrets: before the first deploy there is nothing to report', (t) => {
  const { stdout, stderr, status, path } = report(t, 'none');
  assert.equal(status, 2);
  assert.equal(stdout, '');
  assert.match(stderr, /does not exist yet: a deploy creates it/);
  assert.doesNotMatch(stderr, /^ +at /m);
  assert.ok(!existsSync(path));
});
