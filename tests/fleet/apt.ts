import { $ } from 'zx';

const LOCK_SECONDS = 600;
const run = $({
  quiet: true,
  nothrow: true,
  stdio: ['ignore', 'pipe', 'pipe'],
  env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
});

let last: Promise<unknown> = Promise.resolve();
/** The package lists, brought up to date once. */
let updated: Promise<unknown> | undefined;

/**
 * Installs packages of this machine's distribution, as root: one installation after the other, since apt-get lets no two
 * go on at once, and after whoever else has its lock.
 * @returns nothing, or the last line of what apt-get said when it could not.
 */
export function installPackages(...names: string[]): Promise<string | undefined> {
  const installed = last.then(async () => {
    const wait = ['-o', `DPkg::Lock::Timeout=${LOCK_SECONDS}`, '-o', 'Acquire::Retries=3', '-qq'];
    updated ??= run`apt-get ${wait} update`;
    await updated;
    const { ok, stderr } = await run`apt-get ${wait} install -y ${names}`;
    return ok ? undefined : (stderr.trim().split('\n').at(-1) ?? 'apt-get failed');
  });
  last = installed;
  return installed;
}
