import type { Shell } from '../shell.ts';
import { type ServiceName, STACK_SERVICES } from '../stack-services.ts';
import type { Check, ProbeResult, Verdict } from '../validation/check.ts';
import { onHost, rerun } from '../validation/fixes.ts';
import { fail, lastWords, pass, skip } from '../validation/verdict.ts';
import { type ContainerState, readContainers } from './containers.ts';
import type { CheckContext } from './context.ts';

/** Whether what the containers log can fill the disk, from the probe that is asked about containers anyway. */
export function logRotationCheck({ deployment, host }: CheckContext, probe: Shell): Check {
  return {
    id: 'docker.log-rotation',
    group: 'docker',
    severity: 'warning',
    title: 'The logs of every container are rotated',
    host,
    probe,
    timeoutSeconds: 20,
    fix: onHost(deployment, host, 'docker ps --all'),
    judge: (result) =>
      rotationVerdict(result, (growing) => {
        const names = growing.map(({ name }) => name).join(' ');
        const roles = growing.flatMap(({ service }) =>
          service in STACK_SERVICES ? STACK_SERVICES[service as ServiceName].role : [],
        );
        return [
          onHost(deployment, host, `docker stop ${names}`),
          onHost(deployment, host, `docker rm ${names}`),
          ...[...new Set(roles)].map((role) => rerun(deployment, role, host)),
        ].join('; ');
      }),
  };
}

/**
 * Judges the containers of our projects; those of others are not ours to judge.
 * @param fix what to do about those whose logs grow
 */
export function rotationVerdict(
  result: ProbeResult,
  fix: (growing: readonly ContainerState[]) => string,
): Verdict {
  if (result.status !== 0) return fail(`Docker cannot be asked: ${lastWords(result)}`);
  const ours = readContainers(result.output).containers.filter(({ project }) =>
    project.startsWith('pocket-'),
  );
  if (ours.length === 0) return skip('there is no container yet');
  const growing = ours.filter(({ logsEnd }) => !logsEnd);
  return growing.length === 0
    ? pass(`${ours.length} containers`)
    : fail(
        `without a limit: ${growing.map(({ project, service }) => `${service} of ${project}`).join(', ')}; wanted: max-size`,
        fix(growing),
      );
}
