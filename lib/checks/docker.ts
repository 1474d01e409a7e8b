import type { Deployment } from '../deployment.ts';
import type { PortName } from '../ports.ts';
import type { ImageName } from '../profile/images.ts';
import type { GroupName, RoleName } from '../profile/roles.ts';
import { sh } from '../shell.ts';
import type { Check } from '../validation/check.ts';
import { mend, onHost, rerun } from '../validation/fixes.ts';
import { fail, lastWords, pass } from '../validation/verdict.ts';
import { compareVersions } from '../versions.ts';
import { containersProbe, containerVerdict, readContainers } from './containers.ts';
import { type CheckContext, isIn } from './context.ts';
import { logRotationCheck } from './log-rotation.ts';

/** Engine 20.10 knows `host-gateway`; Compose 2.20 knows `up --wait` with one-shot services (their release notes). */
const ENGINE_FLOOR = '20.10';
const COMPOSE_FLOOR = '2.20';

/** A service of a stack, and how it should be found. */
interface StackService {
  stack: string;
  service: string;
  role: RoleName;
  /** The group whose hosts run it; any where absent. */
  group?: GroupName;
  /** The port that a host publishes when it runs it; not asked where absent. */
  port?: PortName;
  image: ImageName;
  /** Whether a deployment has it at all; every one where absent. */
  wanted?(deployment: Deployment): boolean;
  /** Whether it ends by itself, with exit status 0. */
  oneShot?: boolean;
}

/** The services of the compose projects `pocket-<stack>`. */
export const STACK_SERVICES: readonly StackService[] = [
  { stack: 'redis', service: 'redis', role: 'redis', group: 'redis_hosts', image: 'redis' },
  {
    stack: 'redis-sentinel',
    service: 'sentinel',
    role: 'redis',
    group: 'redis_hosts',
    image: 'redis',
    port: 'sentinel',
  },
  {
    stack: 'postgres',
    service: 'postgres',
    role: 'postgres',
    group: 'postgres_hosts',
    image: 'postgres',
  },
  {
    stack: 'temporal',
    service: 'temporal',
    role: 'temporal',
    group: 'temporal_hosts',
    image: 'temporal',
  },
  {
    stack: 'provider',
    service: 'provider-migration',
    role: 'provider',
    group: 'provider_hosts',
    image: 'provider',
    oneShot: true,
  },
  {
    stack: 'provider',
    service: 'provider-web',
    role: 'provider',
    group: 'provider_hosts',
    image: 'provider',
  },
  {
    stack: 'provider',
    service: 'provider-workflows',
    role: 'provider',
    group: 'provider_hosts',
    image: 'provider_workflows',
  },
  {
    stack: 'middleman',
    service: 'middleman-migration',
    role: 'middleman',
    group: 'middleman_hosts',
    image: 'middleman',
    oneShot: true,
  },
  {
    stack: 'middleman',
    service: 'middleman-web',
    role: 'middleman',
    group: 'middleman_hosts',
    image: 'middleman',
  },
  {
    stack: 'middleman',
    service: 'middleman-workflows',
    role: 'middleman',
    group: 'middleman_hosts',
    image: 'middleman_workflows',
  },
  {
    stack: 'relayminer',
    service: 'relayer',
    role: 'relayminer',
    group: 'relay_relayers',
    image: 'relayminer',
  },
  {
    stack: 'relayminer',
    service: 'miner',
    role: 'relayminer',
    group: 'relay_miners',
    image: 'relayminer',
  },
  {
    stack: 'reverse-proxy',
    service: 'caddy',
    role: 'reverse-proxy',
    group: 'reverse_proxy_hosts',
    image: 'caddy',
  },
  exporter('node-exporter', 'node_exporter'),
  exporter('redis-exporter', 'redis_exporter'),
  exporter('postgres-exporter', 'postgres_exporter'),
  monitoring('prometheus', 'prometheus'),
  monitoring('grafana', 'grafana'),
  monitoring('blackbox', 'blackbox_exporter'),
  {
    ...monitoring('alertmanager', 'alertmanager'),
    wanted: ({ profile }) => profile.monitoring.alerts.length > 0,
  },
];

function exporter(
  service: 'node-exporter' | 'redis-exporter' | 'postgres-exporter',
  image: ImageName,
): StackService {
  return { stack: 'exporters', service, role: 'exporters', port: service, image };
}

function monitoring(service: string, image: ImageName): StackService {
  return { stack: 'monitoring', service, role: 'monitoring', group: 'monitoring_hosts', image };
}

/** Whether a service belongs on the host. */
function isHere(
  context: CheckContext,
  { group, port, wanted = () => true }: StackService,
): boolean {
  const { deployment, host } = context;
  const publishes = !port || deployment.publishers(port).some(({ name }) => name === host.name);
  return wanted(deployment) && (!group || isIn(context, group)) && publishes;
}

/** Docker itself, and every container that should be there. */
export function dockerChecks(context: CheckContext): Check[] {
  const { deployment, host } = context;
  const group = 'docker';
  const install = rerun(deployment, 'install-docker', host);
  const engine: Check = {
    id: 'docker.engine',
    group,
    severity: 'critical',
    title: 'Docker Engine answers',
    host,
    probe: sh`docker version --format '{{.Server.Version}}'`,
    fix: install,
    judge: (result) => {
      const version = result.output.trim();
      if (result.status !== 0) return fail(lastWords(result));
      return compareVersions(version, ENGINE_FLOOR) >= 0
        ? pass(version)
        : fail(`${version}; wanted: ${ENGINE_FLOOR} or newer`);
    },
  };
  const compose: Check = {
    id: 'docker.compose',
    group,
    severity: 'warning',
    title: 'Docker Compose is there',
    host,
    probe: sh`docker compose version --short 2>"$scratch.plugin" || docker-compose version --short`,
    fix: install,
    judge: (result) => {
      const version = result.output.trim();
      if (result.status !== 0) return fail(lastWords(result));
      return compareVersions(version, COMPOSE_FLOOR) >= 0
        ? pass(version)
        : fail(`${version}; wanted: ${COMPOSE_FLOOR} or newer`);
    },
  };
  const enabled: Check = {
    id: 'docker.enabled',
    group,
    severity: 'critical',
    title: 'Docker starts with the host',
    host,
    probe: sh`systemctl is-enabled docker.service || systemctl is-enabled docker.socket`,
    fix: onHost(deployment, host, 'systemctl enable docker'),
    judge: (result) =>
      result.status === 0
        ? pass('enabled')
        : fail(result.output.trim().split('\n')[0] || lastWords(result)),
  };
  const here = STACK_SERVICES.filter((one) => isHere(context, one));
  const probe = containersProbe([...new Set(here.map(({ image }) => deployment.images[image]))]);
  const services = here.map((one): Check => {
    const { stack, service, role, image, oneShot = false } = one;
    return {
      id: `docker.${service}`,
      group,
      // Without what watches everything works on, unwatched.
      severity: role === 'exporters' || role === 'monitoring' ? 'warning' : 'critical',
      title: oneShot ? `${service} has done its work` : `${service} runs`,
      host,
      probe,
      timeoutSeconds: 20,
      fix: rerun(deployment, role, host),
      judge: (result) => {
        if (result.status !== 0) return fail(`Docker cannot be asked: ${lastWords(result)}`);
        const verdict = containerVerdict(readContainers(result.output), {
          project: `pocket-${stack}`,
          service,
          image: deployment.images[image],
          oneShot,
        });
        const isUnwell = /restart|exit|health/.test(verdict.evidence);
        const fix = mend(deployment, host, { role, stack, services: [service] });
        return isUnwell ? { fix, ...verdict } : verdict;
      },
    };
  });
  return [engine, compose, enabled, logRotationCheck(context, probe), ...services];
}
