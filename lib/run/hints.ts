/** What a failed step's own words mean, and what to do about it. */
const HINTS: readonly [words: RegExp, hint: string][] = [
  [
    /No space left on device|Disk quota exceeded|don't have enough free space/i,
    'The disk is full: see df -h on the host, make room (docker system df shows what Docker takes).',
  ],
  [
    /Read-only file system/i,
    'The file system is read-only, as after a disk error: see dmesg and findmnt on the host, and mount it writable.',
  ],
  [
    /OOM-killed|\(137\)|Cannot allocate memory|Out of memory/i,
    'The memory is not enough: give the host more, or the service less in the profile; see free -m and dmesg on the host.',
  ],
  [
    /Temporary failure resolving|Could not resolve host:|Temporary failure in name resolution|no such host/,
    'The host cannot resolve names: see /etc/resolv.conf there, and try: getent hosts deb.debian.org',
  ],
  [
    /is not valid yet|is expired \(invalid since|certificate is not yet valid|certificate has expired|x509: certificate has expired/,
    'The clock of the host may be wrong: see timedatectl there, and set it: timedatectl set-ntp true',
  ],
  [
    /Cannot connect to the Docker daemon|error during connect:/,
    'Docker does not answer on the host: it has ended, or the host is going down. See systemctl status docker and uptime there.',
  ],
  [
    /Could not get lock/,
    'Another program has had the package manager for too long: see ps aux on the host, let it finish, or end it.',
  ],
];

/** What to do about a step that failed with these words; empty where that is not known. */
export function hintFor(output: string): string {
  return HINTS.find(([words]) => words.test(output))?.[1] ?? '';
}
