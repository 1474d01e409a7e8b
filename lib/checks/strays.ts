import type { Shell } from '../shell.ts';
import { type ServiceName, STACK_SERVICES } from '../stack-services.ts';
import type { Check, ProbeResult, Verdict } from '../validation/check.ts';
import { onHost } from '../validation/fixes.ts';
import { fail, lastWords, pass } from '../validation/verdict.ts';
import { type ContainerState, readContainers } from './containers.ts';
import type { CheckContext } from './context.ts';

/**
 * Whether something still runs that the profile has elsewhere, or nowhere any more: a second Provider works against the
 * first, and a second miner claims with keys that it should no longer have. A deploy takes nothing away by itself.
 * @param here the services that belong on the host
 */
export function straysCheck(
  { deployment, host }: CheckContext,
  probe: Shell,
  here: readonly ServiceName[],
): Check {
  return {
    id: 'docker.strays',
    group: 'docker',
    severity: 'critical',
    title: 'Nothing runs that the profile has elsewhere',
    host,
    probe,
    timeoutSeconds: 20,
    fix: onHost(deployment, host, 'docker ps'),
    judge: (result) => {
      const verdict = straysVerdict(result, here);
      if (verdict.verdict === 'pass' || result.status !== 0) return verdict;
      const remove = `docker rm --force ${verdict.evidence}`;
      return {
        ...verdict,
        fix: `${onHost(deployment, host, remove)}; else: its groups in the profile`,
      };
    },
  };
}

/**
 * Judges the containers of our projects. Of a stack that belongs on the host, only services that belong elsewhere are
 * strays: what an operator runs in it by hand is theirs.
 */
export function straysVerdict(result: ProbeResult, here: readonly ServiceName[]): Verdict {
  if (result.status !== 0) return fail(`Docker cannot be asked: ${lastWords(result)}`);
  const stacks = new Set(here.map((service) => `pocket-${STACK_SERVICES[service].stack}`));
  const isStray = ({ project, service, status }: ContainerState) =>
    project.startsWith('pocket-') &&
    status !== 'exited' &&
    (service in STACK_SERVICES ? !here.includes(service as ServiceName) : !stacks.has(project));
  const strays = readContainers(result.output).containers.filter(isStray);
  return strays.length === 0
    ? pass('none')
    : fail(strays.map(({ project, service }) => `${project}-${service}-1`).join(' '));
}
