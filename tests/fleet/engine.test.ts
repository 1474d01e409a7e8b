import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';

const ENGINE = join(import.meta.dirname, 'engine.ts');

const cases: [what: string, docker: string | undefined, message: RegExp][] = [
  ['has no Docker', undefined, /^Docker does not answer: install it \(https:\S+\) and start it/],
  [
    'may not use Docker',
    'echo "permission denied while trying to connect" >&2; exit 1',
    /^this user may not use Docker: run as root, or `usermod -aG docker <user>`\n$/,
  ],
];

for (const [what, docker, message] of cases) {
  test(`somebody who is not root and ${what} is told in one line what to do`, (t) => {
    const programs = mkdtempSync(join(tmpdir(), 'pocket-programs-'));
    t.after(() => rmSync(programs, { recursive: true }));
    symlinkSync('/bin/bash', join(programs, 'bash'));
    if (docker) {
      writeFileSync(join(programs, 'docker'), `#!/bin/bash\n${docker}\n`);
      chmodSync(join(programs, 'docker'), 0o755);
    }
    const script = `process.getuid = () => 1000;
      const { ensureDocker } = await import(${JSON.stringify(ENGINE)});
      await ensureDocker().catch(({ message }) => console.log(message));`;
    const { stdout, stderr } = spawnSync(
      process.execPath,
      ['--input-type=module', '--eval', script],
      { encoding: 'utf8', env: { PATH: programs }, timeout: 60_000 },
    );
    assert.match(stdout, message, stderr);
    assert.equal(stdout.split('\n').length, 2);
  });
}
