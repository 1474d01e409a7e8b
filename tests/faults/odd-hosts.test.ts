import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { test } from 'node:test';
import { loadDeployment } from '../../lib/deployment.ts';
import { openConnection } from '../../lib/run/connection.ts';
import { writeSshConfig } from '../../lib/run/ssh-config.ts';
import { sh } from '../../lib/shell.ts';
import { testHosts } from '../fleet/hosts.ts';
import { NO_SLOW_LINE, slowLine } from '../fleet/slow-line.ts';
import { holdApt, releaseApt } from './apt.ts';
import { login, type Scene, scene } from './scene.ts';
import { ownArchive, reset } from './settled.ts';

const COMMON = ['--only', 'common'];

test('hosts that are odd, and links that are bad', { timeout: 420_000 }, async (t) => {
  const { one, two } = await testHosts(t, { one: { variant: 'bare' }, two: { variant: 'bare' } });
  await one.exec('apt-get update -qq; apt-get install -qq -y --no-install-recommends tcsh fish', {
    timeoutSeconds: 300,
  });
  await ownArchive(one);
  const place = scene(t);
  const startup = (text: string) =>
    one.exec(`cat >/root/.bashrc <<'TEXT'\n${text}\nTEXT`).then(() => {});

  /** A first deploy, one that finds everything so, and a stream of any bytes, all over new connections. */
  const works = async (where: Scene = place, host: object = login(one)) => {
    await reset(one);
    where.write({ one: host });
    const first = await where.deploy(...COMMON);
    assert.equal(first.status, 0, first.said);
    const second = await where.deploy(...COMMON);
    assert.match(second.said, /Everything was already so/);
    const deployment = loadDeployment(where.profile, { root: where.home });
    const connection = await openConnection(deployment.host('one'), writeSshConfig(deployment));
    const bytes = randomBytes(3_000_000);
    await connection.feed(sh`cat >/tmp/fed`, Readable.from([bytes]));
    await connection.close();
    const hash = createHash('sha256').update(bytes).digest('hex');
    assert.match((await one.exec('sha256sum </tmp/fed')).stdout, new RegExp(hash));
    return first.said;
  };

  // This takes as long as a login may, so the rest goes on meanwhile.
  await two.exec(`echo 'cat >/dev/null' >/root/.bashrc`);
  const waiting = scene(t);
  waiting.write({ two: login(two) });
  const hanging = waiting.start(...COMMON);

  await t.test('a banner, and a .bashrc that prints everywhere and reads', async () => {
    await one.exec(
      `printf 'Authorised use only.\\n\\033[31mAll else is not.\\n' >/etc/issue.net
      echo 'Banner /etc/issue.net' >/etc/ssh/sshd_config.d/banner.conf
      systemctl reload ssh`,
    );
    await startup(`printf 'welcome to %s' "$HOSTNAME"; echo noise >&2; read -r line; printf more`);
    await works();
    await one.exec('rm /etc/ssh/sshd_config.d/banner.conf; systemctl reload ssh');
    await startup('');
  });

  for (const shell of ['/bin/dash', '/bin/tcsh', '/usr/bin/fish']) {
    await t.test(`root’s shell is ${shell}`, async () => {
      await one.exec(`usermod --shell ${shell} root`);
      await works(scene(t));
      await one.exec('usermod --shell /bin/bash root');
    });
  }

  await t.test('sudo wants a terminal: a message whose advice works', async () => {
    await one.exec(`echo 'Defaults requiretty' >/etc/sudoers.d/50-requiretty`);
    const where = scene(t);
    const operator = { ...login(one), user: 'operator' };
    where.write({ one: operator });
    const run = await where.deploy(...COMMON);
    assert.equal(run.status, 4, run.said);
    assert.match(run.said, /one: cannot become root: sudo: .*must have a tty/);
    const advice = /except this user: (echo .*)/.exec(run.said)?.[1]?.replace('USER', 'operator');
    await one.exec(advice?.replace('sudo tee', 'tee') ?? 'false');
    await works(where, operator);
    await one.exec('rm /etc/sudoers.d/50-requiretty /etc/sudoers.d/91-pocket');
  });

  await t.test('sshd allows one session and no forwarding, Ctrl-C included', async () => {
    await one.exec(
      `printf 'MaxSessions 1\\nAllowTcpForwarding no\\n' >/etc/ssh/sshd_config.d/strict.conf
      systemctl reload ssh`,
    );
    const where = scene(t);
    await works(where);
    await reset(one);
    await holdApt(one);
    const run = where.start(...COMMON);
    await run.says(/waiting for apt/);
    run.child.kill('SIGINT');
    await run.says(/Ending after/);
    await releaseApt(one);
    assert.equal(await run.ended, 130, run.said());
    assert.match(run.said(), /one {2}common: ended after step 1 of/);
    await one.exec('rm /etc/ssh/sshd_config.d/strict.conf; systemctl reload ssh');
  });

  await t.test('names in upper case', async () => {
    await one.exec('hostname Relay-ONE.Example; hostname >/etc/hostname');
    const where = scene(t);
    where.write({ 'Relay-ONE.Example': login(one) });
    await reset(one);
    const run = await where.deploy(...COMMON);
    assert.equal(run.status, 0, run.said);
    assert.match(run.said, /^Relay-ONE\.Example {2}changed/m);
  });

  await t.test('a login that waits for ever is given up with what to look at', async () => {
    assert.equal(await hanging.ended, 4, hanging.said());
    assert.match(hanging.said(), /two: no shell answered within 45 s/);
    assert.match(hanging.said(), /a start-up file there \(\.bashrc, \.profile\) hangs or waits/);
    await two.exec('rm /root/.bashrc');
  });

  await t.test('an alias of the operator’s, behind a bastion', async (s) => {
    const where = operatorOf(scene(t), [
      ...['Host bastion', `  HostName ${two.address}`, '  User root'],
      ...[`  IdentityFile ${two.identityFile}`, 'Host inner', `  HostName ${one.address}`],
      ...['  User root', '  ProxyJump bastion', `  IdentityFile ${one.identityFile}`],
    ]);
    await one.exec(
      `nft add table inet bastion
      nft 'add chain inet bastion input { type filter hook input priority 0; }'
      nft add rule inet bastion input tcp dport 22 ip saddr != ${two.address} drop`,
    );
    s.after(() => one.exec('nft delete table inet bastion'));
    where.write({ one: { address: 'inner' } });
    await reset(one);
    const run = await where.deploy(...COMMON);
    assert.equal(run.status, 0, run.said);
  });

  const slow = 'a round trip of 250 ms, and two packets in a hundred get lost';
  await t.test(slow, { skip: NO_SLOW_LINE }, async (s) => {
    const { addresses, end } = await slowLine([one], { roundTripMilliseconds: 250, loss: 0.02 });
    s.after(end);
    const [address] = addresses;
    const where = scene(t);
    where.write({ one: { ...login(one), address } });
    await reset(one);
    const first = await where.deploy(...COMMON);
    assert.equal(first.status, 0, first.said);
    const second = await where.deploy(...COMMON);
    assert.match(second.said, /Everything was already so/);
    const { sent, lost } = await end();
    assert.ok(lost > 0 && lost < sent / 10, `${lost} of ${sent} packets were lost`);
    const times = `${lastLineWithTime(first.said)}; then ${lastLineWithTime(second.said)}`;
    s.diagnostic(`${times}; ${lost} of ${sent} packets lost`);
  });
});

/** A scene whose operator has this ssh configuration. */
function operatorOf(place: Scene, ...lines: string[][]): Scene {
  mkdirSync(join(place.home, '.ssh'), { mode: 0o700 });
  writeFileSync(join(place.home, '.ssh', 'config'), `${lines.flat().join('\n')}\n`, {
    mode: 0o600,
  });
  return place;
}

function lastLineWithTime(text: string): string {
  return text.match(/[\d.]+ s$/gm)?.at(-1) ?? '';
}
