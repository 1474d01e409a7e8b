import { lines, type Shell, sh } from '../shell.ts';
import type { Step } from '../step.ts';
import { directory, file } from './file.ts';

/** How long each call of `apt` waits for who has its locks; see prelude.bash. */
const APT_WAITS_SECONDS = 600;

/** A system user without a login. */
export function user({ name, home }: { name: string; home: string }): Step {
  return {
    title: `Create the user ${name}`,
    facts: [{ of: 'user', name, home, shell: '/usr/sbin/nologin' }],
    check: sh`[[ $(getent passwd ${name} | cut -d: -f6,7) == ${`${home}:/usr/sbin/nologin`} ]]`,
    apply: lines(
      sh`getent passwd ${name} >/dev/null || useradd --system --user-group --no-create-home --home-dir ${home} --shell /usr/sbin/nologin -- ${name}`,
      sh`usermod --home ${home} --shell /usr/sbin/nologin ${name}`,
    ),
  };
}

/**
 * Distribution packages, installed where absent and never downgraded. The apt lock is waited for, since
 * unattended-upgrades holds it on fresh cloud hosts.
 */
export function packages(names: string[]): Step {
  return {
    title: `Install ${names.join(', ')}`,
    facts: names.map((name) => ({ of: 'package', name })),
    check: sh`[[ $(dpkg-query --show --showformat '\${db:Status-Status}\n' ${names} | grep -cx installed) == ${names.length} ]]`,
    apply: aptInstall(names),
    timeoutSeconds: 2 * APT_WAITS_SECONDS + 600,
  };
}

/** Shell that installs packages, with the package list refreshed first. */
export function aptInstall(names: string[] | Shell): Shell {
  return lines(
    sh`apt update || printf 'the package list could not be refreshed; trying with the old one\n'`,
    sh`apt --no-install-recommends install ${names}`,
  );
}

/**
 * An apt repository with its own key, in deb822 form, and the package list read anew when it changed. One with which apt
 * cannot do that does not stay: apt could do nothing any more on this host.
 */
export function aptRepository(options: {
  name: string;
  /** The `.sources` file's text; `Signed-By` holds the key. It may depend on the host, so it may be shell. */
  sources: string | Shell;
}): Step {
  const path = `/etc/apt/sources.list.d/${options.name}.sources`;
  const step = file({
    path,
    content: options.sources,
    activate: sh`
      apt update || {
        printf '%s\n' ${`${path} is as it was before: with the new one, apt cannot read its lists (see above)`}
        exit 1
      }`,
  });
  return { ...step, timeoutSeconds: APT_WAITS_SECONDS + 300 };
}

const inContainer = sh`systemd-detect-virt --quiet --container`;

/**
 * Kernel settings, kept over a reboot and in force now. In a container the file is written and nothing more: the
 * kernel there belongs to the machine around it.
 */
export function sysctl(name: string, settings: Record<string, string | number>): Step {
  const path = `/etc/sysctl.d/90-${name}.conf`;
  const entries = Object.entries(settings);
  const step = file({
    path,
    content: entries.map(([key, value]) => `${key} = ${value}\n`).join(''),
    activate: sh`${inContainer} || sysctl --quiet --load=${path}`,
  });
  return {
    ...step,
    title: `Set ${entries.map(([key]) => key).join(', ')}`,
    facts: [
      ...(step.facts ?? []),
      ...entries.map(([key, value]) => ({
        of: 'setting' as const,
        name: key,
        value: String(value),
      })),
    ],
    check: lines(
      step.check,
      ...entries.map(
        ([key, value]) =>
          sh`${inContainer} || [[ $(sysctl -n ${key} | tr '\t' ' ') == ${String(value)} ]]`,
      ),
    ),
  };
}

/**
 * The number of files that logins and services may have open: as many as given without asking, systemd's own hard
 * limit where a program asks for more. Containers get theirs from Docker's service, and so from here.
 */
export function limits(name: string, options: { openFiles: number }): Step[] {
  const { openFiles } = options;
  const hard = 524288;
  const entries = ['*', 'root'].map(
    (who) => `${who} soft nofile ${openFiles}\n${who} hard nofile ${hard}\n`,
  );
  return [
    file({ path: `/etc/security/limits.d/90-${name}.conf`, content: entries.join('') }),
    directory({ path: '/etc/systemd/system.conf.d' }),
    file({
      path: `/etc/systemd/system.conf.d/90-${name}.conf`,
      content: `[Manager]\nDefaultLimitNOFILE=${openFiles}:${hard}\n`,
      activate: sh`systemctl daemon-reexec`,
    }),
  ];
}

/** A systemd unit that is enabled and running. */
export function service(name: string): Step {
  return {
    title: `Start ${name} now and at boot`,
    facts: [{ of: 'unit', name }],
    check: sh`systemctl is-enabled --quiet ${name} && systemctl is-active --quiet ${name}`,
    apply: sh`systemctl enable --now ${name}`,
  };
}

/** Something that no other constructor says: `unless` exits 0 when there is nothing to do, `run` does it. */
export function command(options: {
  title: string;
  unless: Shell;
  run: Shell;
  timeoutSeconds?: number;
}): Step {
  const { title, unless, run, timeoutSeconds } = options;
  return { title, check: unless, apply: run, ...(timeoutSeconds ? { timeoutSeconds } : {}) };
}

/**
 * Waits until a probe succeeds, asking every second.
 * @param options.seconds how long to wait before it counts as failed; what the probe printed last is then shown.
 */
export function waitFor(options: { title: string; probe: Shell; seconds: number }): Step {
  const { title, probe, seconds } = options;
  return {
    title,
    check: probe,
    // A loop's condition would make bash ignore `set -e` in the probe.
    apply: sh`
      probe() {
        ${probe}
      }
      SECONDS=0
      set +e
      while :; do
        output=$(set -e; probe 2>&1)
        (($? == 0)) && break
        if ((SECONDS >= ${seconds})); then
          printf 'still not so after %s s: %s\n' ${seconds} "$output"
          exit 1
        fi
        sleep 1
      done`,
    timeoutSeconds: seconds + 30,
  };
}
