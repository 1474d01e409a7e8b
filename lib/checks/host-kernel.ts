import { COMMON_KERNEL, type KernelSettings, REDIS_KERNEL } from '../kernel-settings.ts';
import { sh } from '../shell.ts';
import type { Check, ProbeResult, Verdict } from '../validation/check.ts';
import { onHost, rerun } from '../validation/fixes.ts';
import { fail, lastWords, pass, skip, warn } from '../validation/verdict.ts';
import { type CheckContext, isIn } from './context.ts';

/** The kernel of a host: its settings in force, and whether a newer one waits for a reboot. */
export function kernelChecks(context: CheckContext): Check[] {
  const { deployment, host } = context;
  const redis = isIn(context, 'redis_hosts');
  const wanted = { ...COMMON_KERNEL, ...(redis && REDIS_KERNEL) };
  const about = { group: 'host', severity: 'warning', host } as const;
  return [
    {
      ...about,
      id: 'host.kernel',
      title: 'The kernel settings are in force',
      probe: sh`
        systemd-detect-virt --container --quiet && echo container && exit
        sysctl ${Object.keys(wanted)}`,
      fix: [
        rerun(deployment, 'common', host),
        ...(redis ? [rerun(deployment, 'redis', host)] : []),
      ].join('; '),
      judge: (result) => kernelVerdict(result, wanted),
    },
    {
      ...about,
      id: 'host.reboot',
      title: 'No reboot is pending',
      probe: sh`
        for list in /run/reboot-required.pkgs /run/reboot-required; do
          [[ ! -e $list ]] || { echo pending; sort -u "$list" | head -n 5; exit; }
        done
        systemd-detect-virt --container --quiet && echo 'none: a container has the kernel of its machine' && exit
        newest=$(find /boot -maxdepth 1 -name 'vmlinuz-*' -printf '%f\n' | sed 's/^vmlinuz-//' | sort -V | tail -n 1)
        running=$(uname -r)
        [[ -z $newest || $newest == "$running" ]] || { printf 'pending\n%s runs, %s is installed\n' "$running" "$newest"; exit; }
        printf '%s\n' "$running"`,
      fix: `one host after the other, when its relays can go elsewhere: ${onHost(deployment, host, 'reboot')}`,
      judge: rebootVerdict,
    },
  ];
}

/** Judges the output of `sysctl`, a line for each setting. */
export function kernelVerdict(result: ProbeResult, wanted: KernelSettings): Verdict {
  if (result.output.trim() === 'container')
    return skip('a container has the kernel of its machine', '');
  if (result.status !== 0) return fail(`sysctl says: ${lastWords(result)}`);
  const found = new Map(
    result.output
      .trim()
      .split('\n')
      .map((line) => line.replace(/\s+/g, ' ').split(' = ') as [string, string]),
  );
  const wrong = Object.entries(wanted).filter(([name, value]) => found.get(name) !== String(value));
  return wrong.length === 0
    ? pass(`${found.size} settings`)
    : fail(
        wrong.map(([name, value]) => `${name} is ${found.get(name)}; wanted: ${value}`).join(', '),
      );
}

/** Judges the answer to whether something that was installed waits for a reboot. */
export function rebootVerdict(result: ProbeResult): Verdict {
  if (result.status !== 0) return skip(`it could not be told: ${lastWords(result)}`);
  const [first = '', ...packages] = result.output.trim().split('\n');
  return first === 'pending'
    ? warn(`pending, for ${packages.join(', ') || 'an update'}; wanted: none`)
    : pass(first);
}
