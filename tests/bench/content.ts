/** One thing that a host of the benchmark should be; rendered to our steps, to Ansible tasks and to the floor's probe. */
export type Item =
  | { kind: 'packages'; names: string[] }
  | { kind: 'user'; name: string; home: string }
  | { kind: 'directory'; path: string; mode: string; owner: string }
  | { kind: 'file'; path: string; mode: string; owner: string; content: string; varies?: true }
  | { kind: 'sysctl'; name: string; key: string; value: string }
  | { kind: 'limits'; name: string; openFiles: number }
  | { kind: 'service'; name: string };

/** Where most of the content lies on the host. */
export const ROOT = '/opt/bench';

/** What stands in the one file that differs between runs; see {@link content}. */
export const VARIANT = '@variant@';

const USERS = ['bench-api', 'bench-worker', 'bench-proxy'];
const SERVICES = ['bench-api', 'bench-worker', 'bench-proxy'];
/** Settings that a container has for itself, at the kernel's defaults, so that nothing outside changes. */
const SETTINGS: [string, string][] = [
  ['net.ipv4.tcp_keepalive_time', '7200'],
  ['net.ipv4.tcp_syn_retries', '6'],
  ['net.ipv4.tcp_fin_timeout', '60'],
];

/**
 * What the roles that need no images do, 40 steps of it: packages that are there already, users, directories, files,
 * kernel settings, limits, services. Beyond 40 steps there are more files.
 * @param steps how many steps it comes to, from 40
 */
export function content(steps = 40): Item[] {
  const base: Item[] = [
    { kind: 'packages', names: ['ca-certificates', 'curl', 'iproute2', 'procps'] },
    { kind: 'packages', names: ['openssh-server', 'sudo', 'dbus'] },
    ...USERS.map((name): Item => ({ kind: 'user', name, home: `${ROOT}/${name}` })),
    { kind: 'directory', path: ROOT, mode: '755', owner: 'root:root' },
    ...USERS.map(
      (name): Item => ({
        kind: 'directory',
        path: `${ROOT}/${name}`,
        mode: '750',
        owner: `root:${name}`,
      }),
    ),
    { kind: 'directory', path: `${ROOT}/conf.d`, mode: '755', owner: 'root:root' },
    ...SETTINGS.map(
      ([key, value]): Item => ({ kind: 'sysctl', name: key.split('.').at(-1)!, key, value }),
    ),
    { kind: 'limits', name: 'bench', openFiles: 65536 },
    ...SERVICES.map(unit),
    ...SERVICES.map((name): Item => ({ kind: 'service', name })),
  ];
  const variable: Item = {
    ...{ kind: 'file', path: `${ROOT}/variant.conf`, mode: '644', owner: 'root:root' },
    ...{ content: `variant ${VARIANT}\n`, varies: true },
  };
  const files = Array.from({ length: steps - stepCount(base) - 1 }, (_, index) => file(index));
  return [...base, variable, ...files];
}

/** How many steps, or tasks, items come to: a limit is two files and a directory. */
export function stepCount(items: readonly Item[]): number {
  return items.reduce((sum, { kind }) => sum + (kind === 'limits' ? 3 : 1), 0);
}

function file(index: number): Item {
  const user = USERS[index % USERS.length]!;
  const lines = Array.from(
    { length: 2 ** (index % 7) },
    (_, line) => `key_${line} = value ${index}`,
  );
  const secret = index % 3 === 0;
  return {
    kind: 'file',
    path: secret ? `${ROOT}/${user}/${index}.env` : `${ROOT}/conf.d/${index}.conf`,
    mode: secret ? '640' : '644',
    owner: secret ? `root:${user}` : 'root:root',
    content: `${lines.join('\n')}\n`,
  };
}

function unit(name: string): Item {
  const content = `[Unit]
Description=Benchmark ${name}
[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/bin/true
[Install]
WantedBy=multi-user.target
`;
  const path = `/etc/systemd/system/${name}.service`;
  return { kind: 'file', path, mode: '644', owner: 'root:root', content };
}

/** Shell that takes the content from a host, so that it can be deployed for the first time again. */
export const UNDO = `
  systemctl disable --quiet --now ${SERVICES.join(' ')} || true
  rm -rf ${ROOT} /etc/sysctl.d/90-bench-* /etc/security/limits.d/90-bench.conf /etc/systemd/system.conf.d
  rm -f ${SERVICES.map((name) => `/etc/systemd/system/${name}.service`).join(' ')}
  for user in ${USERS.join(' ')}; do ! getent passwd "$user" >/dev/null || userdel "$user"; done
  systemctl daemon-reload`;
