import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { ROOT } from '../../lab/paths.ts';
import { directoryWith } from '../profile/temporary.ts';

/** What nft takes no longer, as after an upgrade of the host. */
const REFUSED = 'refused';

/** A host in a directory of its own, where a file stands for the kernel, and one for the timer of systemd. */
function host(t: TestContext) {
  const root = directoryWith(t, {
    'bin/nft': `#!/bin/bash
case "$*" in
  '--check --file '*) ! grep -q ${REFUSED} "$3" ;;
  '--file '*) ! grep -q ${REFUSED} "$2" && cp "$2" "\${0%/bin/*}/in-force" ;;
  'list table '*) cat "\${0%/bin/*}/in-force" ;;
  'add table '*'; delete table '*) rm -f "\${0%/bin/*}/in-force" ;;
esac
`,
    // As systemd, it takes no second unit of one name.
    'bin/systemd-run': `#!/bin/bash
set -o noclobber
echo "\${@: -2}" >"\${0%/bin/*}/timer"
`,
    'bin/systemctl': `#!/bin/bash
if [[ $* == 'stop pocket-firewall-undo.timer' ]]; then rm "\${0%/bin/*}/timer"; fi
`,
  });
  const at = (path: string) => join(root, path);
  const text = (path: string) => (existsSync(at(path)) ? readFileSync(at(path), 'utf8') : '');
  const program = readFileSync(join(ROOT, 'lib/firewall/pocket-firewall.bash'), 'utf8')
    .replace(' PATH=', ` PATH=${root}/bin:`)
    .replace('=/etc/', `=${root}/etc/`)
    .replace('=/run/', `=${root}/run/`);
  writeFileSync(at('bin/pocket-firewall'), program);
  for (const name of readdirSync(at('bin'))) chmodSync(at(`bin/${name}`), 0o755);
  const run = (words: string, input = '') =>
    spawnSync(at('bin/pocket-firewall'), words.split(' '), {
      input,
      encoding: 'utf8',
      timeout: 20_000,
    });
  return {
    run,
    try: (rules: string) => run('try 60', rules).status,
    confirm: () => run('confirm').status,
    /** What systemd does when the time is over. */
    timeIsOver() {
      const [program, word = ''] = text('timer').trim().split(' ');
      rmSync(at('timer'));
      assert.equal(program, at('bin/pocket-firewall'));
      return run(word).status;
    },
    boot() {
      for (const path of ['run', 'in-force', 'timer'])
        rmSync(at(path), { recursive: true, force: true });
      run('load');
    },
    noTimers: () => writeFileSync(at('bin/systemd-run'), '#!/bin/sh\nexit 1\n'),
    refuseWhatIsKept: () => writeFileSync(at('etc/pocket-firewall/rules.nft'), REFUSED),
    inForce: () => text('in-force'),
    kept: () => text('etc/pocket-firewall/rules.nft'),
    timer: () => text('timer'),
  };
}

describe('rules that are tried on a host', () => {
  test('are kept once they are confirmed, and nothing is left that would undo them', (t) => {
    const one = host(t);
    assert.equal(one.try('new'), 0);
    assert.deepEqual([one.inForce(), one.kept()], ['new', '']);
    assert.equal(one.run('status').stdout, 'the rules in force are not confirmed\n');
    assert.equal(one.confirm(), 0);
    assert.equal(one.run('status').stdout, '');
    assert.deepEqual([one.inForce(), one.kept(), one.timer()], ['new', 'new', '']);
    assert.equal(one.run('undo').status, 0);
    assert.equal(one.inForce(), 'new', 'an undo that comes too late');
  });

  test('are undone in time, and are confirmed no more then, but when they are tried again', (t) => {
    const one = host(t);
    assert.equal(one.try('new'), 0);
    assert.equal(one.timeIsOver(), 0);
    assert.equal(one.inForce(), '');
    const late = one.run('confirm');
    assert.equal(late.status, 1);
    assert.match(late.stdout, /undone before they could be confirmed/);
    assert.deepEqual([one.inForce(), one.kept()], ['', '']);
    assert.equal(one.try('new'), 0);
    assert.equal(one.confirm(), 0);
    assert.deepEqual([one.inForce(), one.kept()], ['new', 'new']);
  });

  test('give way to those that were kept before, or to none where these cannot be loaded', (t) => {
    const one = host(t);
    one.try('old');
    one.confirm();
    one.try('new');
    assert.equal(one.timeIsOver(), 0);
    assert.deepEqual([one.inForce(), one.kept()], ['old', 'old']);
    one.refuseWhatIsKept();
    one.try('new');
    assert.equal(one.timeIsOver(), 0);
    assert.equal(one.inForce(), '');
  });

  test('take the place of those that are tried already, and have their whole time', (t) => {
    const one = host(t);
    one.try('first');
    assert.equal(one.try('second'), 0);
    assert.notEqual(one.timer(), '');
    assert.equal(one.confirm(), 0);
    assert.equal(one.kept(), 'second');
  });

  test('are forgotten by a boot, which loads what was confirmed', (t) => {
    const one = host(t);
    one.try('new');
    one.boot();
    const late = one.run('confirm');
    assert.equal(late.status, 1);
    assert.match(late.stdout, /no rules are tried: a restart of this host forgets them/);
    assert.deepEqual([one.inForce(), one.kept()], ['', '']);
    one.try('old');
    one.confirm();
    one.try('new');
    one.boot();
    assert.equal(one.confirm(), 1);
    assert.deepEqual([one.inForce(), one.kept()], ['old', 'old']);
  });

  test('may be confirmed twice: the answer of the first time may have been lost', (t) => {
    const one = host(t);
    one.try('new');
    assert.equal(one.confirm(), 0);
    assert.equal(one.confirm(), 0);
    assert.deepEqual([one.inForce(), one.kept()], ['new', 'new']);
    one.try('newer');
    assert.equal(one.timeIsOver(), 0);
    assert.equal(one.confirm(), 1, 'of what was tried before');
  });

  test('are not put in force when nft refuses them, or when nothing would undo them', (t) => {
    const one = host(t);
    assert.notEqual(one.try(REFUSED), 0);
    assert.deepEqual([one.inForce(), one.timer()], ['', '']);
    one.noTimers();
    assert.notEqual(one.try('new'), 0);
    one.confirm();
    assert.deepEqual([one.inForce(), one.kept()], ['', '']);
  });
});
