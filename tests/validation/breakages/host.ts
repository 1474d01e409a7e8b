import type { Breakage } from '../breakage.ts';

/** Something small in the place of the logs, whose file system is then nearly full. */
const full = (options: string, fill: string) => ({
  shell: `mount -t tmpfs -o ${options} validation /var/log && ${fill}`,
});
const emptied = { shell: 'umount -l /var/log' };

export const BREAKAGES: readonly Breakage[] = [
  {
    check: 'host.os',
    breaks: [{ shell: `sed -i.right 's/^VERSION_ID=.*/VERSION_ID="11"/' /usr/lib/os-release` }],
    evidence: /debian 11; wanted: ubuntu /,
    fix: /Ubuntu 24\.04 or Debian 13/,
    mends: [{ shell: 'mv /usr/lib/os-release.right /usr/lib/os-release' }],
    only: ['host'],
  },
  {
    check: 'host.disk',
    verdict: 'warn',
    breaks: [full('size=4m', 'head -c 3900K /dev/zero >/var/log/filler')],
    evidence: /\/var\/log: [3-9] % free/,
    fix: /^ssh .* journalctl --vacuum-size=500M; why it is so: .*du -xh \/var\/log /,
    mends: [emptied],
    only: ['host'],
  },
  {
    check: 'host.disk',
    breaks: [full('size=4m', 'head -c 4050K /dev/zero >/var/log/filler')],
    evidence: /\/var\/log: [0-2] % free, 0 GiB; wanted: 10 %$/,
    fix: /^ssh .* journalctl --vacuum-size=500M; why it is so: .*du -xh \/var\/log /,
    mends: [emptied],
    only: ['host'],
  },
  {
    check: 'host.inodes',
    verdict: 'warn',
    breaks: [full('size=4m,nr_inodes=50', 'touch /var/log/filler.{1..46}')],
    evidence: /\/var\/log: [3-9] % free, \d/,
    fix: /du --inodes -xS \/var\/log \|/,
    mends: [emptied],
    only: ['host'],
  },
  {
    check: 'host.inodes',
    breaks: [full('size=4m,nr_inodes=50', 'touch /var/log/filler.{1..48}')],
    evidence: /\/var\/log: [0-2] % free, [01]; wanted: 10 %$/,
    fix: /du --inodes -xS \/var\/log \|/,
    mends: [emptied],
    only: ['host'],
  },
  {
    check: 'host.memory',
    breaks: [{ profile: { redis: { maxmemory: '9000gb' } } }],
    evidence: /Redis alone may use 9216000/,
    fix: /redis\.maxmemory in the profile/,
    mends: [{ profile: {} }],
    only: ['host'],
  },
  {
    check: 'host.reboot',
    verdict: 'warn',
    breaks: [{ shell: 'echo linux-image-amd64 >/run/reboot-required.pkgs' }],
    evidence: /pending, for linux-image-amd64/,
    fix: / reboot$/,
    mends: [{ shell: 'rm /run/reboot-required.pkgs' }], // a reboot empties /run
    only: ['host'],
  },
  {
    check: 'host.architecture',
    breaks: [
      {
        shell: `mv /usr/bin/uname /usr/bin/uname.right
          printf '#!/bin/sh\\n[ "$*" = -m ] && echo aarch64 || exec uname.right "$@"\\n' >/usr/bin/uname
          chmod 755 /usr/bin/uname`,
      },
    ],
    evidence: /^aarch64; wanted: x86_64, which the images exist for alone$/,
    fix: /provider_hosts and middleman_hosts in the profile/,
    mends: [{ shell: 'mv /usr/bin/uname.right /usr/bin/uname' }],
    only: ['host'],
  },
];
