import { sh } from '../shell.ts';
import type { Check, ProbeResult, Verdict } from '../validation/check.ts';
import { onHost, rerun } from '../validation/fixes.ts';
import { fail, lastWords, pass, skip, warn } from '../validation/verdict.ts';
import { type CheckContext, isIn } from './context.ts';

/** Where relayer and miner serve profiles when they are told to (pocket-relay-miner, pprof, v0.1.x). */
const PPROF = 6060;

/**
 * What would hand the host, or everybody's workflows, to whoever reaches it: Docker's own interface, Temporal's UI, which
 * asks nobody who they are, and the profiles of RelayMiner.
 */
export function dockerExposureChecks(context: CheckContext): Check[] {
  const { deployment, host } = context;
  const about = { group: 'exposure', severity: 'critical', host } as const;
  const checks: Check[] = [];
  if (host.roles.includes('install-docker')) {
    checks.push(
      {
        ...about,
        id: 'exposure.docker-api',
        title: 'Docker takes orders at no TCP port',
        probe: sh`
          docker version --format '{{.Server.Version}}' >"$scratch.version"
          ss --no-header --listening --tcp --numeric --processes`,
        fix: [
          'remove tcp:// from hosts in /etc/docker/daemon.json and from ExecStart of docker.service',
          onHost(deployment, host, 'systemctl daemon-reload'),
          onHost(deployment, host, 'systemctl restart docker'),
        ].join('; '),
        judge: (result) => ifRan(result, 'docker or ss', dockerApiVerdict),
      },
      {
        ...about,
        id: 'exposure.docker-socket',
        title: 'Only root and its group give Docker orders, and no container does',
        probe: sh`
          stat --dereference -c '%a %U:%G' /var/run/docker.sock
          docker ps --quiet | xargs -r docker inspect --format '{{.Name}}{{range .Mounts}} {{.Source}}{{end}}'`,
        fix: `${onHost(deployment, host, 'chmod o= /var/run/docker.sock')}; else: what has the socket is root on this host: remove it, or its mount`,
        judge: (result) => ifRan(result, 'stat or docker', dockerSocketVerdict),
      },
    );
  }
  if (isIn(context, 'temporal_hosts')) {
    checks.push({
      ...about,
      id: 'exposure.temporal-ui',
      title: 'Temporal’s UI is on loopback, if there is one',
      probe: sh`docker ps --format '{{.Image}}|{{.Names}}|{{.Ports}}|{{.Networks}}'`,
      fix: 'publish it at 127.0.0.1 alone, and open it through ssh; nothing of this project needs it',
      judge: (result) => ifRan(result, 'docker', temporalUiVerdict),
    });
  }
  if (isIn(context, 'relay_relayers', 'relay_miners')) {
    checks.push({
      ...about,
      id: 'exposure.pprof',
      title: 'RelayMiner serves no profiles beyond its own loopback',
      probe: sh`
        docker ps --quiet --filter label=com.docker.compose.project=pocket-relayminer |
          xargs -r docker inspect --format '{{.State.Pid}} {{.Name}}' |
          while read -r process name; do
            # The kernel's list of the sockets in the network of a process; 0A is one that listens.
            awk -v name="$name" '$4 == "0A" { print name, $2 }' "/proc/$process/net/tcp" "/proc/$process/net/tcp6"
          done`,
      fix: `pprof.enabled: false, which every deploy writes: ${rerun(deployment, 'relayminer', host)}`,
      judge: (result) => ifRan(result, 'docker', pprofVerdict),
    });
  }
  return checks;
}

function ifRan(result: ProbeResult, program: string, judge: (output: string) => Verdict): Verdict {
  return result.status === 0 ? judge(result.output) : fail(`${program} says: ${lastWords(result)}`);
}

/** Judges the output of `ss -Hltnp`: dockerd listens nowhere, and nobody at the ports that are Docker's by custom. */
export function dockerApiVerdict(output: string): Verdict {
  const found = output
    .split('\n')
    .map((line) => ({ line, local: line.trim().split(/\s+/)[3] ?? '' }))
    .filter(({ line, local }) => line.includes('("dockerd",') || /:237[56]$/.test(local))
    .map(({ local }) => local);
  if (found.length === 0) return pass('it listens at none');
  const open = found.filter((local) => !/^(?:127\.|\[::1\])/.test(local));
  return open.length > 0
    ? fail(`it listens at ${open.join(', ')}; wanted: none`)
    : warn(`it listens at ${found.join(', ')}: everybody on the host is root there`);
}

/** Judges the mode of Docker's socket, on the first line, and what each container mounts, on those after it. */
export function dockerSocketVerdict(output: string): Verdict {
  const [socket = '', ...containers] = output.trim().split('\n');
  if (/[1-7]$/.test(socket.split(' ')[0] ?? ''))
    return fail(`the socket is open to all: ${socket}; wanted: nothing for others`);
  const holding = containers
    .map((line) => line.split(' '))
    .filter(([, ...mounts]) =>
      mounts.some((mount) => /\/docker\.sock$|^\/(?:var\/)?run$/.test(mount)),
    )
    .map(([name]) => name!.replace(/^\//, ''));
  return holding.length > 0
    ? warn(`these containers have the socket: ${holding.join(', ')}; wanted: none`)
    : pass(`${socket}, in no container`);
}

/**
 * Judges image, name, ports and networks of each container. In the host’s own network nothing is published, and the UI
 * listens at every address: its image has no setting for that (temporalio/ui, server/docker/config-template.yaml, 066d914a).
 */
export function temporalUiVerdict(output: string): Verdict {
  const found = output
    .trim()
    .split('\n')
    .map((line) => line.split('|'))
    .filter(([image = '']) => /temporal(?:io)?[-/]ui\b/.test(image));
  if (found.length === 0) return pass('there is none');
  const open = found.flatMap(([, name, ports = '', networks = '']) => {
    if (networks === 'host') return `${name} is in the network of the host`;
    const isOpen = (port: string) => port.includes('->') && !/^(?:127\.|\[?::1\]?:)/.test(port);
    return ports.split(', ').some(isOpen) ? `${name} is published at ${ports}` : [];
  });
  return open.length > 0
    ? fail(`${open.join('; ')}; wanted: at loopback alone`)
    : pass('published on loopback or not at all');
}

/** Judges lines of container and listening socket, as /proc/net/tcp has them: an address and a port in hexadecimal. */
export function pprofVerdict(output: string): Verdict {
  const lines = output.trim().split('\n').filter(Boolean);
  if (lines.length === 0) return skip('no RelayMiner listens here');
  const open = lines
    .map((line) => line.split(/[ :]/))
    .filter(
      ([, address = '', port = '']) => Number.parseInt(port, 16) === PPROF && !isLoopback(address),
    )
    .map(([name]) => name!.replace(/^\//, ''));
  return open.length > 0
    ? fail(
        `${[...new Set(open)].join(', ')} listens at ${PPROF} for others; wanted: loopback at most`,
      )
    : pass(`nothing at ${PPROF}`);
}

/** 127.x.x.x in the kernel's order of bytes, and ::1. */
function isLoopback(address: string): boolean {
  return (
    (address.length === 8 && address.endsWith('7F')) ||
    address === '00000000000000000000000001000000'
  );
}
