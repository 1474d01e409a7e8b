import type { Host } from '../fleet/hosts.ts';

// A write lock as dpkg takes it: struct flock of 64-bit Linux. The name is what apt tells of who has the lock.
const HOLD = `
  use Fcntl;
  $0 = 'unattended-upgr';
  open(my $lock, '+>>', $ARGV[0]) or die;
  my $wanted = pack('s s x4 q q i x4', F_WRLCK, 0, 0, 0, 0);
  fcntl($lock, F_SETLK, $wanted) or die;
  open(my $held, '>', '/run/apt-is-held') or die;
  sleep`;

/**
 * Makes curl missing on a host with its own archive, and takes a lock of apt as unattended-upgrades would: a deploy of
 * the role common then stays in its first step until the lock is given back.
 */
export async function holdApt(host: Host, lock = '/var/lib/dpkg/lock-frontend'): Promise<void> {
  await host.exec(`
    systemctl stop apt-holder 2>/dev/null || true
    dpkg --purge curl >/dev/null 2>&1
    rm -f /run/apt-is-held
    cat >/run/apt-holder.pl <<'PERL'\n${HOLD}\nPERL
    systemd-run --quiet --collect --unit apt-holder perl /run/apt-holder.pl ${lock}
    until [[ -e /run/apt-is-held ]]; do sleep 0.05; done`);
}

/** Gives the lock back. */
export async function releaseApt(host: Host): Promise<void> {
  await host.exec(
    'systemctl stop apt-holder; systemctl reset-failed apt-holder 2>/dev/null || true',
  );
}
