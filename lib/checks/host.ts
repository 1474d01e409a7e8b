import type { Host } from '../hosts.ts';
import { sh } from '../shell.ts';
import type { Check } from '../validation/check.ts';
import { onHost } from '../validation/fixes.ts';
import { fail, lastWords, pass, skip, warn } from '../validation/verdict.ts';
import { type CheckContext, isIn } from './context.ts';
import { kernelChecks } from './host-kernel.ts';
import { memoryCheck } from './host-memory.ts';
import { spaceChecks } from './host-space.ts';
import { pocketdCheck } from './pocketd.ts';

/** The releases that are tested, and those that Docker publishes packages for (docs.docker.com, engine/install). */
const SUPPORTED: Record<string, readonly string[]> = {
  ubuntu: ['22.04', '24.04', '26.04'],
  debian: ['12', '13'],
};

/** Prints the system's name and version, and what its clock says in seconds since 1970. */
export const SYSTEM_AND_CLOCK = sh`. /etc/os-release && printf '%s %s %(%s)T\n' "$ID" "\${VERSION_ID:--}" -1`;

const group = 'host';

/** What a host is and how it stands, beside what Docker runs there. */
export function hostChecks(context: CheckContext): Check[] {
  const { deployment, host } = context;
  return [
    systemCheck(host),
    ...spaceChecks(context),
    memoryCheck(context),
    ...kernelChecks(context),
    {
      id: 'host.time',
      group,
      severity: 'critical',
      title: 'The clock is synchronised',
      host,
      probe: sh`
        if systemd-detect-virt --container --quiet; then echo container
        else timedatectl show --property=NTPSynchronized --value; fi
      `,
      fix: onHost(deployment, host, 'timedatectl set-ntp true'),
      judge: (result) => {
        const answer = result.output.trim();
        if (result.status !== 0) return skip(`timedatectl says: ${lastWords(result)}`);
        if (answer === 'yes') return pass('synchronised');
        if (answer === 'container') return skip('a container has the clock of its machine', '');
        return warn(
          'not synchronised; wanted: synchronised, since leases, sessions and certificates go by the clock',
        );
      },
    },
    ...(isIn(context, 'pocket_cli_hosts') ? [pocketdCheck(context)] : []),
    ...(isIn(context, 'provider_hosts', 'middleman_hosts') ? [architectureCheck(host)] : []),
  ];
}

/** The operating system of a host. */
export function systemCheck(host: Host): Check {
  return {
    id: 'host.os',
    group,
    severity: 'warning',
    title: 'The operating system is supported',
    host,
    probe: SYSTEM_AND_CLOCK,
    fix: 'install Ubuntu 24.04 or Debian 13 on this host',
    judge: ({ status, output, errors }) => {
      if (status !== 0) return fail(`/etc/os-release cannot be read: ${errors.trim()}`);
      const [name = '', version = ''] = output.trim().split(' ');
      const known = Object.entries(SUPPORTED)
        .map(([system, versions]) => `${system} ${versions.join('/')}`)
        .join(', ');
      return SUPPORTED[name]?.includes(version)
        ? pass(`${name} ${version}`)
        : fail(`${name} ${version}; wanted: ${known}`);
    },
  };
}

/** The processor of a host of Igniter. */
export function architectureCheck(host: Host): Check {
  return {
    id: 'host.architecture',
    group,
    severity: 'critical',
    title: 'The processor runs the Igniter images',
    host,
    probe: sh`uname -m`,
    fix: 'put Provider and Middleman on hosts with an x86-64 processor: provider_hosts and middleman_hosts in the profile',
    // igniter, .github/workflows/build-image.yml, 0.9: built without `platforms`, so for amd64 alone.
    judge: ({ output }) =>
      output.trim() === 'x86_64'
        ? pass('x86_64')
        : fail(`${output.trim() || 'unknown'}; wanted: x86_64, which the images exist for alone`),
  };
}
