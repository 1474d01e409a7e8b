import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { openConnection } from '../../lib/run/connection.ts';
import { writeSshConfig } from '../../lib/run/ssh-config.ts';
import { sh } from '../../lib/shell.ts';
import type { Step } from '../../lib/step.ts';
import { directory, file } from '../../lib/steps/file.ts';
import {
  aptRepository,
  command,
  limits,
  packages,
  service,
  sysctl,
  user,
} from '../../lib/steps/system.ts';
import { runSteps } from '../unit/engine/run.ts';
import { testHosts } from './hosts.ts';

test('every kind of step makes a host so, and then leaves it so', {
  timeout: 240_000,
}, async (t) => {
  const { box } = await testHosts(t, { box: { variant: 'bare', user: 'operator' } });
  const home = mkdtempSync(join(tmpdir(), 'pocket-steps-'));
  t.after(() => rmSync(home, { recursive: true, force: true }));
  const host = { ...box, local: false, roles: [] };
  const config = writeSshConfig(
    { directory: home, hosts: [host], name: 'steps' },
    { operatorConfig: join(home, 'none') },
  );
  const connection = await openConnection(host, config);
  t.after(() => connection.close());
  const run = (...steps: Step[]) => runSteps(steps, { connection });
  const converges = async (...steps: Step[]) => {
    const first = await run(...steps);
    assert.ok(first.done, JSON.stringify(first.events.at(-1)));
    assert.ok(first.statuses.includes('changed'));
    const second = await run(...steps);
    assert.deepEqual([...new Set(second.statuses)], ['unchanged']);
  };
  const said = async (script: string) => (await box.exec(script)).stdout.trim();

  await t.test('a user without a login, mended when it has one', async () => {
    const pocket = user({ name: 'pocket', home: '/opt/pocket' });
    await converges(pocket);
    assert.match(await said('getent passwd pocket'), /:\/opt\/pocket:\/usr\/sbin\/nologin$/);
    await box.exec('usermod --shell /bin/bash pocket');
    await converges(pocket);
    assert.match(await said('getent passwd pocket'), /nologin$/);
  });

  await t.test(
    'packages, real ones, and a name that does not exist in apt’s own words',
    async () => {
      await converges(packages(['tree', 'less']));
      assert.match(await said('tree --version'), /^tree v/);
      const { events } = await run(packages(['no-such-package-of-ours']));
      assert.equal(events.at(-1)?.type, 'failed');
      assert.match(events.at(-1)!.output, /Unable to locate package no-such-package-of-ours/);
    },
  );

  await t.test('a package repository, whose packages are known at once', async () => {
    await box.exec(`mkdir -p /srv/archive
      printf '%s\\n' 'Package: pocket-test' 'Version: 1.2.3' 'Architecture: all' 'Maintainer: nobody' \\
        'Filename: ./x.deb' 'Size: 1' 'SHA256: ${'0'.repeat(64)}' 'Description: x' >/srv/archive/Packages`);
    const sources = 'Types: deb\nURIs: file:/srv/archive\nSuites: ./\nTrusted: yes\n';
    await converges(aptRepository({ name: 'pocket-test', sources }));
    assert.match(await said('apt-cache policy pocket-test'), /Candidate: 1\.2\.3/);
    await box.exec('rm -r /srv/archive /etc/apt/sources.list.d/pocket-test.sources');
  });

  await t.test('kernel settings are kept over a reboot', async () => {
    await converges(sysctl('pocket-test', { 'net.core.somaxconn': 4096 }));
    assert.equal(await said('cat /etc/sysctl.d/90-pocket-test.conf'), 'net.core.somaxconn = 4096');
  });

  await t.test('limits hold for logins and for services', async () => {
    await converges(...limits('pocket-test', { openFiles: 65536 }));
    assert.equal(await said('systemctl show -P DefaultLimitNOFILESoft'), '65536');
    assert.match(await said('cat /etc/security/limits.d/90-pocket-test.conf'), /root hard nofile/);
  });

  await t.test('a service runs now and at boot', async () => {
    const unit =
      '[Service]\nExecStart=/bin/sleep infinity\n[Install]\nWantedBy=multi-user.target\n';
    const path = '/etc/systemd/system/pocket-test.service';
    await converges(file({ path, content: unit }), service('pocket-test'));
    await box.exec('systemctl stop pocket-test');
    await converges(service('pocket-test'));
    assert.equal(await said('systemctl is-enabled pocket-test'), 'enabled');
    const { events } = await run(service('no-such-service'));
    assert.match(events.at(-1)!.output, /no-such-service/);
  });

  await t.test(
    'facts spare services and kernel settings their checks, while they hold',
    async () => {
      const outcomeOf = async (step: Step) =>
        (await run({ ...step, check: sh`false`, apply: sh`false` })).statuses.at(-1);
      const running = service('pocket-test');
      assert.equal(
        await outcomeOf(sysctl('pocket-test', { 'net.core.somaxconn': 4096 })),
        'unchanged',
      );
      assert.equal(await outcomeOf(running), 'unchanged');
      for (const [spoil, mend] of [
        ['stop', 'start'],
        ['disable', 'enable'],
      ]) {
        await box.exec(`systemctl ${spoil} pocket-test`);
        assert.equal(await outcomeOf(running), 'failed', spoil);
        await box.exec(`systemctl ${mend} pocket-test`);
      }
      const masked = '/etc/systemd/system/pocket-test.service';
      await box.exec(`mv ${masked} ${masked}.kept && ln -s /dev/null ${masked}`);
      assert.equal(await outcomeOf(running), 'failed', 'masked');
      await box.exec(`mv ${masked}.kept ${masked} && systemctl daemon-reload`);
      assert.equal(await outcomeOf(running), 'unchanged');
    },
  );

  await t.test('owners by name and by number', async () => {
    await converges(
      directory({ path: '/srv/named', mode: '2750', owner: 'pocket:pocket' }),
      directory({ path: '/srv/numbered', mode: '700', owner: '1234:5678' }),
      file({ path: '/srv/numbered/x', content: 'x\n', mode: '400', owner: '1234:5678' }),
    );
    assert.equal(
      await said(`stat -c '%a %U:%G' /srv/named; stat -c '%a %u:%g' /srv/numbered/x`),
      '2750 pocket:pocket\n400 1234:5678',
    );
    const { events } = await run(
      file({ path: '/srv/x', content: 'x\n', owner: 'nobody-of-ours:x' }),
    );
    assert.match(events.at(-1)!.output, /invalid user/);
    assert.equal(await said('ls -A /srv'), 'named\nnumbered');
  });

  await t.test('a command runs until what it is for is so', async () => {
    await converges(
      command({ title: 'mark', unless: sh`test -e /srv/mark`, run: sh`touch /srv/mark` }),
    );
  });
});
