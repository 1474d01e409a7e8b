import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { testHosts } from '../fleet/hosts.ts';
import { ROOT } from './paths.ts';

/** What `make lab` runs, on a host of the operator's. */
function makeLab(home: string, host: string): Promise<{ status: number; said: string }> {
  const env = {
    ...process.env,
    ...{ HOST: host, IMAGES: 'standin', HOME: home, POCKET_AUTOMATIONS_HOME: home },
  };
  return new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      [join(ROOT, 'tests/lab/lab.ts')],
      { env, timeout: 500_000 },
      (_error, stdout, stderr) => resolve({ status: child.exitCode ?? -1, said: stdout + stderr }),
    );
  });
}

test('make lab HOST=… brings everything to a host that the operator has', {
  timeout: 900_000,
}, async (t) => {
  const { real } = await testHosts(t, { real: { user: 'operator' } });
  const home = mkdtempSync(join(tmpdir(), 'pocket-real-host-'));
  t.after(() => rmSync(home, { recursive: true, force: true }));
  mkdirSync(join(home, '.ssh'), { mode: 0o700 });
  writeFileSync(join(home, '.ssh', 'config'), `IdentityFile ${real.identityFile}\n`);

  await t.test('and says where to look next', async () => {
    const { status, said } = await makeLab(home, `operator@${real.address}`);
    assert.equal(status, 0, said);
    assert.match(said, /^This lab runs stand-ins for Igniter, Temporal, RelayMiner/m);
    assert.match(said, /^\d+ pass, \d+ warn, 0 fail, /m);
    const report = /^ {2}the report +(\S+)$/m.exec(said)?.[1] ?? '';
    assert.match(readFileSync(report, 'utf8'), /stand-in/);
    assert.match(said, /^ {2}the host +ssh -F \S+ lab$/m);
    assert.match(said, /^ {2}the portal +http:\/\/localhost:3001, /m);
    assert.doesNotMatch(said, /make lab-down/, 'which does not undo what was done to a real host');
  });

  await t.test('again without a change', async () => {
    const { status, said } = await makeLab(home, `operator@${real.address}`);
    assert.equal(status, 0, said);
    assert.deepEqual(said.match(/^lab: \d+ changed/gm), ['lab: 0 changed', 'lab: 0 changed'], said);
  });

  await t.test('and in one line, where there is no such host', async () => {
    const { status, said } = await makeLab(home, `operator@${real.address}:2`);
    assert.equal(status, 4, said);
    assert.match(said, /cannot connect: .*Connection refused/);
    assert.match(said, /^make lab: scripts\/deploy\.mjs ended with 4; see above$/m);
  });
});
