import { imagesOf } from '../images/role-images.ts';
import { PORT_NAMES, PORTS } from '../ports.ts';
import type { RoleName } from '../profile/roles.ts';
import { sh } from '../shell.ts';
import { STACKS } from '../steps/stack.ts';
import type { Check } from '../validation/check.ts';
import { onHost } from '../validation/fixes.ts';
import { fail, pass, skip } from '../validation/verdict.ts';
import type { CheckContext } from './context.ts';
import { architectureCheck, SYSTEM_AND_CLOCK, systemCheck } from './host.ts';
import { keptSecretsChecks } from './kept-secrets.ts';

const group = 'host';

/** What is asked of a host before the first change: whether these roles can work there at all. */
export function preflightChecks(context: CheckContext, roles: readonly RoleName[]): Check[] {
  const { deployment, host } = context;
  return [
    systemCheck(host),
    ...(roles.some(isIgniter) ? [architectureCheck(host)] : []),
    clockCheck(context),
    ...keptSecretsChecks(context, roles),
    ...(roles.includes('firewall') ? [uplinkCheck(context)] : []),
    ...portChecks(context, roles),
    ...(roles.includes('redis') ? onlyRedisChecks(context) : []),
    ...(deployment.imageSource === 'registry' ? registryChecks(context, roles) : []),
  ];
}

function isIgniter(role: RoleName): boolean {
  return role === 'provider' || role === 'middleman';
}

const MOST_SECONDS_OFF = 3600;

/** Whether the host's clock is far from this machine's: packages, certificates and sessions would fail oddly. */
function clockCheck({ host }: CheckContext): Check {
  return {
    id: 'host.clock-off',
    group,
    severity: 'critical',
    title: 'The clock is not far off',
    host,
    probe: SYSTEM_AND_CLOCK,
    fix: 'set the clock of whichever is wrong: timedatectl set-ntp true, or date --set=…',
    judge: ({ output, status }) => {
      const seconds = Number(output.trim().split(' ')[2]);
      if (status !== 0 || !Number.isInteger(seconds)) return skip('it could not be told');
      const off = seconds - Math.round(Date.now() / 1000);
      if (Math.abs(off) <= MOST_SECONDS_OFF) return pass('near this machine’s');
      const told = new Date(seconds * 1000).toISOString();
      return fail(
        `its clock says ${told}, ${Math.abs(off)} s ${off < 0 ? 'behind' : 'ahead of'} this machine’s`,
      );
    },
  };
}

/** Whether the internet comes in by an interface that the firewall would take for a network of containers. */
function uplinkCheck({ host }: CheckContext): Check {
  return {
    id: 'host.uplink',
    group,
    severity: 'critical',
    title: 'The uplink is not named as a network of containers',
    host,
    probe: sh`
      awk '$2 == "00000000" { print $1 }' /proc/net/route
      [[ ! -e /proc/net/ipv6_route ]] || awk '$1 ~ /^0+$/ && $2 == "00" && $10 != "lo" { print $10 }' /proc/net/ipv6_route`,
    fix: 'give the bridge another name, such as br0; or, where something before this host closes its ports, set firewall.enabled: false in the profile',
    judge: ({ output, status, errors }) => {
      if (status !== 0) return fail(`its routes cannot be read: ${errors.trim()}`);
      const taken = output.split('\n').find((name) => /^(docker0$|br-)/.test(name));
      return taken === undefined
        ? pass('it is not')
        : fail(`${taken} is the way to the internet, and the firewall lets in what comes by br-…`);
    },
  };
}

/** Whether something else than our containers listens where ours will. */
function portChecks(context: CheckContext, roles: readonly RoleName[]): Check[] {
  const { deployment, host } = context;
  const names = PORT_NAMES.filter(
    (name) => roles.includes(PORTS[name].role) && deployment.publishers(name).includes(host),
  );
  const ports = names.map((name) => `sport = :${PORTS[name].port}`).join(' or ');
  const listening = sh`ss -Hltnp ${`( ${ports} )`}`;
  // One question for all ports: each call of Docker costs more than what it is asked.
  const probe = sh`
    listeners=$(${listening})
    # Without a process it belongs to one that is just ending, such as that of a container which restarts.
    [[ $(grep -v users: <<<"$listeners") != *LISTEN* ]] || { sleep 2; listeners=$(${listening}); }
    printf '%s\n' "$listeners"
    command -v docker >/dev/null || exit 0
    docker ps --format 'container {{.Names}} {{.Ports}}'
    docker ps --quiet --filter network=host |
      xargs -r docker inspect --format 'process {{.State.Pid}} {{.Name}}'`;
  return names.map((name) => {
    const { port, role, group: hosts } = PORTS[name];
    return {
      id: `host.port-${port}`,
      group,
      severity: 'critical',
      title: `Port ${port} is free for ${name}`,
      host,
      probe,
      fix: `stop what listens at port ${port}${hosts ? `, or take the host out of ${hosts} in the profile` : ''}`,
      judge: ({ output, status }) => {
        if (status !== 0) return skip('it could not be told');
        return portVerdict(output, port, `pocket-${role}-`);
      },
    };
  });
}

/**
 * Judges who listens at a port, of what is told about several: `ss -Hltnp`; the containers, with the ports they publish as
 * `docker ps` shows them; and the processes of the containers that use the host's own network, one a line.
 */
export function portVerdict(output: string, port: number, ours: string) {
  const lines = output.split('\n').map((line) => line.trim());
  const foreign = lines.flatMap((line) => {
    const [, name, ports] = /^container (\S+) (.+)$/.exec(line) ?? [];
    return name && !name.startsWith(ours) && publishes(ports, port) ? name : [];
  })[0];
  if (foreign) return fail(`port ${port} is taken by the container ${foreign}`);
  const own = lines.flatMap((line) => {
    const [, pid, name] = /^process (\d+) \/(\S+)/.exec(line) ?? [];
    return pid && name?.startsWith(ours) ? [`,pid=${pid},`] : [];
  });
  const listener = lines.find(
    (line) =>
      /^LISTEN /.test(line) &&
      line.split(/\s+/)[3]?.endsWith(`:${port}`) &&
      !line.includes('"docker-proxy"') &&
      !own.some((pid) => line.includes(pid)),
  );
  if (!listener) return pass('free, or ours');
  const [, name, pid] = /users:\(\("([^"]*)",pid=(\d+)/.exec(listener) ?? [];
  return fail(`port ${port} is taken by ${name ? `${name} (process ${pid})` : 'another program'}`);
}

/** Whether a port is among those that a container publishes: `0.0.0.0:443->443/tcp, [::]:8080-8081->8080-8081/tcp, 53/udp`. */
function publishes(ports = '', port: number): boolean {
  return [...ports.matchAll(/:(\d+)(?:-(\d+))?->[\d-]+\/tcp/g)].some(
    ([, first, last = first]) => Number(first) <= port && port <= Number(last),
  );
}

/**
 * Whether the only Redis there was until now is to follow another from now on: it would have to drop its data, which nobody
 * else has, and does not start then (compose/redis/start.sh).
 */
function onlyRedisChecks({ deployment, host }: CheckContext): Check[] {
  const [first, ...others] = deployment.publishers('sentinel');
  if (!first || !others.includes(host)) return [];
  const stack = `${STACKS}/redis`;
  const drop = `docker compose --project-directory ${stack} down --volumes`;
  return [
    {
      id: 'host.only-redis',
      group,
      severity: 'critical',
      title: 'No Redis here has data that the first of redis_hosts lacks',
      host,
      probe: sh`
        ! grep -qsxE "REDIS_HOSTS=('')?" ${`${stack}/.env`} ||
          docker volume ls --quiet --filter name=^pocket-redis_data$`,
      fix: `list ${host.name} first in redis_hosts; if nobody needs that data: ${onHost(deployment, host, drop)}`,
      judge: ({ output, status }) => {
        if (status !== 0) return skip('it could not be told');
        return output.trim() === ''
          ? pass('none')
          : fail(
              `its Redis was the only one until now, and would lose its data if it followed that of ${first.name}`,
            );
      },
    },
  ];
}

/** Whether the host reaches the registries of the images that it lacks. */
function registryChecks(context: CheckContext, roles: readonly RoleName[]): Check[] {
  const { deployment, host } = context;
  const images = imagesOf(
    deployment,
    host,
    host.roles.filter((role) => roles.includes(role)),
  );
  const byRegistry = Map.groupBy(images, registryOf);
  return [...byRegistry].map(([registry, references]) => ({
    id: `host.registry-${registry}`,
    group,
    severity: 'critical',
    title: `The registry ${registry} can be reached`,
    host,
    probe: sh`
      ! docker image inspect ${references} >/dev/null 2>&1 || { echo present; exit; }
      curl -sS --max-time 8 -o /dev/null -w '%{http_code}\n' ${`https://${registry}/v2/`}`,
    timeoutSeconds: 15,
    fix: 'let the host reach it, or bring the images as a bundle: scripts/images.mjs --save, images.source: bundle',
    judge: ({ output, status, errors }) => {
      if (/^(present|200|401)$/.test(output.trim())) return pass(output.trim());
      // Without curl it cannot be told, and the common role, which comes first, installs it.
      if (status === 127) return skip('curl is not there yet');
      const why = errors.trim().split('\n').at(-1) || `it answers ${output.trim()}`;
      return fail(`${registry} cannot be reached for ${references.join(', ')}: ${why}`);
    },
  }));
}

/** The registry of a reference as Docker reads it: a first part with a dot or a port, else Docker Hub. */
export function registryOf(reference: string): string {
  const first = reference.split('/')[0] ?? '';
  const named = reference.includes('/') && (/[.:]/.test(first) || first === 'localhost');
  return !named || first === 'docker.io' ? 'registry-1.docker.io' : first;
}
