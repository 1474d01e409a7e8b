import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { testHosts } from '../fleet/hosts.ts';
import { holdApt, releaseApt } from './apt.ts';
import { login, scene } from './scene.ts';
import { ownArchive } from './settled.ts';

const COMMON = ['--only', 'common'];
const FULL = 100_000_000;
const FIVE_YEARS = 5 * 365 * 86_400_000;

test('a package manager in trouble', { timeout: 300_000 }, async (t) => {
  const { one } = await testHosts(t, { one: { variant: 'bare' } });
  await ownArchive(one);
  const place = scene(t);
  place.write({ one: login(one) });
  const purge = () => one.exec('dpkg --purge --force-all curl >/dev/null 2>&1');
  const converges = async () => {
    const run = await place.deploy(...COMMON);
    assert.equal(run.status, 0, run.said);
    await one.exec('curl --version >/dev/null');
    return run.said;
  };

  for (const lock of ['/var/lib/dpkg/lock-frontend', '/var/lib/apt/lists/lock']) {
    await t.test(`somebody has ${lock}: waited for, and told`, async () => {
      await holdApt(one, lock);
      const run = place.start(...COMMON);
      await run.says(
        /^one {2}waiting {2} {2}waiting for apt, up to ten minutes: process \d+ \(unattended-upgr\) has /m,
      );
      await sleep(5000);
      assert.equal(run.child.exitCode, null, 'it waits');
      await releaseApt(one);
      assert.equal(await run.ended, 0, run.said());
      assert.equal(run.said().match(/waiting for apt/g)?.length, 1, run.said());
    });
  }

  await t.test('dpkg was interrupted: what it left half done is ended first', async () => {
    await purge();
    await one.exec(`
      dpkg --unpack /srv/packages/curl_*.deb >/dev/null
      sed -n '/^Package: curl$/,/^$/p' /var/lib/dpkg/status >/var/lib/dpkg/updates/0000`);
    assert.match(await converges(), /dpkg was interrupted earlier/);
  });

  await t.test('names cannot be resolved', async () => {
    await purge();
    await one.exec(`
      cp /etc/resolv.conf /run/resolv.conf
      echo 'nameserver 127.0.0.1' >/etc/resolv.conf
      mv /etc/apt/sources.list.d/own.list /run/
      echo 'deb http://deb.debian.org/debian trixie main' >/etc/apt/sources.list.d/far.list`);
    const run = await place.deploy(...COMMON);
    assert.equal(run.status, 1, run.said);
    assert.match(
      run.said,
      /What to do: The host cannot resolve names: see \/etc\/resolv\.conf there/,
    );
    await one.exec(`
      cat /run/resolv.conf >/etc/resolv.conf
      rm /etc/apt/sources.list.d/far.list
      mv /run/own.list /etc/apt/sources.list.d/`);
    await converges();
  });

  await t.test(
    'the archive is from the future, as for a host whose clock is years behind',
    async () => {
      await purge();
      await one.exec(`
      cd /srv/packages
      printf 'Date: Fri, 01 Jan 2100 00:00:00 UTC\\nSuite: own\\nSHA256:\\n %s %s Packages\\n' "$(sha256sum <Packages | cut -d' ' -f1)" "$(stat -c %s Packages)" >Release
      rm -rf /var/lib/apt/lists/*`);
      const run = await place.deploy(...COMMON);
      assert.equal(run.status, 1, run.said);
      assert.match(run.said, /What to do: The clock of the host may be wrong/);
      await one.exec('rm /srv/packages/Release');
      await converges();
    },
  );

  await t.test('the clock is years off: told before anything is changed', async () => {
    // Containers have the clock of this machine, so it is ours that goes wrong.
    process.env.NODE_OPTIONS = `--import=data:text/javascript,{let{now}=Date;Date.now=()=>now()+${FIVE_YEARS}}`;
    const run = await place.deploy(...COMMON).finally(() => delete process.env.NODE_OPTIONS);
    assert.equal(run.status, 1, run.said);
    assert.match(
      run.said,
      /one: its clock says \d{4}-.*Z, 1\d{8} s behind this machine’s\n.*timedatectl set-ntp true/,
    );
  });

  for (const [what, flood] of [
    ['binary', `head -c ${FULL} /dev/urandom`],
    ['one line', `head -c ${FULL} /dev/zero | tr '\\0' x`],
    ['many lines', `yes 'a line of a flood' | head -c ${FULL}`],
  ]) {
    await t.test(
      `a step prints 100 MB (${what}): bounded memory, the tail, a sane terminal`,
      async () => {
        await purge();
        await one.exec(`
        rm -rf /srv/flood && mkdir -p /srv/flood/DEBIAN && cd /srv
        printf 'Package: curl\\nVersion: 99\\nArchitecture: all\\nMaintainer: a test\\nDescription: floods\\n' >flood/DEBIAN/control
        cat >flood/DEBIAN/postinst <<'POSTINST'\n#!/bin/bash\n${flood}\nprintf '\\n\\033]0;stolen\\007the end of the flood\\n'\nexit 1\nPOSTINST
        chmod 755 flood/DEBIAN/postinst
        mv packages packages-away && mkdir packages
        dpkg-deb --build flood packages/curl.deb >/dev/null
        cd packages
        { dpkg-deb -f curl.deb; printf 'Filename: ./curl.deb\\nSize: %s\\nSHA256: %s\\n' "$(stat -c %s curl.deb)" "$(sha256sum <curl.deb | cut -d' ' -f1)"; } >Packages`);
        const run = place.start(...COMMON);
        let most = 0;
        const looking = setInterval(() => {
          most = Math.max(most, residentMegabytes(Number(run.child.pid)));
        }, 50);
        const status = await run.ended;
        clearInterval(looking);
        await one.exec('rm -rf /srv/packages; mv /srv/packages-away /srv/packages');
        assert.equal(status, 1, run.said().slice(-2000));
        assert.match(run.said(), /the end of the flood/);
        assert.doesNotMatch(
          run.said(),
          /[\x00-\x08\x0b-\x1f\x7f-\x9f]/,
          'nothing steers the terminal',
        );
        assert.ok(run.said().length < 40_000, `${run.said().length} characters`);
        assert.ok(most > 20 && most < 200, `${most} MB`);
        await purge();
        await converges();
      },
    );
  }
});

function residentMegabytes(pid: number): number {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    // A process that has just ended has no memory to tell of.
    return Number(/^VmHWM:\s+(\d+)/m.exec(status)?.[1] ?? 0) / 1024;
  } catch {
    return 0;
  }
}
