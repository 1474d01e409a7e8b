import { sh } from '../shell.ts';
import { type ServiceName, STACK_SERVICES, type StackService } from '../stack-services.ts';
import type { Check } from '../validation/check.ts';
import { mend, onHost, rerun } from '../validation/fixes.ts';
import { fail, lastWords, pass } from '../validation/verdict.ts';
import { compareVersions } from '../versions.ts';
import { containersProbe, containerVerdict, readContainers, runningImages } from './containers.ts';
import { type CheckContext, isIn } from './context.ts';
import { logRotationCheck } from './log-rotation.ts';
import { straysCheck } from './strays.ts';

/** Engine 20.10 knows `host-gateway`; Compose 2.20 knows `up --wait` with one-shot services (their release notes). */
const ENGINE_FLOOR = '20.10';
const COMPOSE_FLOOR = '2.20';

const SERVICES = Object.entries(STACK_SERVICES) as [ServiceName, StackService][];

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
    // Its socket alone would start it no sooner than somebody asks for it, and until then no container comes back.
    probe: sh`systemctl is-enabled docker.service`,
    fix: onHost(deployment, host, 'systemctl enable docker.service'),
    judge: (result) => {
      const state = result.output.trim();
      return state === 'enabled'
        ? pass(state)
        : fail(`${state || lastWords(result)}; wanted: enabled`);
    },
  };
  const here = SERVICES.filter(([, one]) => isHere(context, one));
  const probe = containersProbe([
    ...new Set(here.map(([, { image }]) => deployment.images[image])),
  ]);
  const services = here.map(([service, one]): Check => {
    const { stack, role, image, oneShot = false } = one;
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
        const found = readContainers(result.output);
        const wanted = {
          project: `pocket-${stack}`,
          service,
          image: deployment.images[image],
          oneShot,
        };
        const runs = runningImages(found, wanted);
        const verdict = { ...containerVerdict(found, wanted), runs };
        const isUnwell = /restart|exit|health/.test(verdict.evidence);
        const fix = mend(deployment, host, service);
        return isUnwell ? { fix, ...verdict } : verdict;
      },
    };
  });
  const strays = straysCheck(
    context,
    probe,
    here.map(([service]) => service),
  );
  return [engine, compose, enabled, logRotationCheck(context, probe), strays, ...services];
}
