#!/usr/bin/env node
// Prepares a host for everything else: packages, the clock, limits, kernel settings, the directory of the stacks.
import {
  aptInstall,
  COMMON_KERNEL,
  command,
  directory,
  limits,
  packages,
  runRole,
  STACKS,
  sh,
  sysctl,
  user,
} from '../lib/index.mjs';

/** @type {import('../lib/role.ts').Role} */
export const common = {
  name: 'common',
  summary: 'Prepares a host: packages, a synchronised clock, limits, kernel settings, directories.',
  steps: () => [
    packages(['ca-certificates', 'curl', 'iproute2', 'procps']),
    synchronisedClock(),
    user({ name: 'pocket', home: STACKS }),
    directory({ path: STACKS, mode: '750', owner: 'root:pocket' }),
    ...limits('pocket', { openFiles: 65536 }),
    sysctl('pocket', COMMON_KERNEL),
  ],
};

/** Leases, session windows and TLS go by the clock. A host that has any time service keeps it. */
function synchronisedClock() {
  return command({
    title: 'Keep the clock synchronised',
    unless: sh`
      systemd-detect-virt --quiet --container ||
        systemctl is-enabled --quiet chrony || systemctl is-enabled --quiet chronyd ||
        systemctl is-enabled --quiet ntpsec || systemctl is-enabled --quiet systemd-timesyncd`,
    run: sh`
      ${aptInstall(['systemd-timesyncd'])}
      systemctl enable --now systemd-timesyncd`,
    timeoutSeconds: 900,
  });
}

if (import.meta.main) await runRole(common);
