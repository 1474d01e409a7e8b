import type { Shell } from '../shell.ts';
import type { Check, ProbeResult, Verdict } from '../validation/check.ts';
import { onHost } from '../validation/fixes.ts';
import { fail, lastWords, pass, skip } from '../validation/verdict.ts';
import { readContainers } from './containers.ts';
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
    fix: `remove each of them, then run its role again: ${onHost(deployment, host, 'docker rm -f NAME')}`,
    judge: rotationVerdict,
  };
}

/** Judges the containers of our projects; those of others are not ours to judge. */
export function rotationVerdict(result: ProbeResult): Verdict {
  if (result.status !== 0) return fail(`Docker cannot be asked: ${lastWords(result)}`);
  const ours = readContainers(result.output).containers.filter(({ project }) =>
    project.startsWith('pocket-'),
  );
  if (ours.length === 0) return skip('there is no container yet');
  const growing = ours.filter(({ logsEnd }) => !logsEnd);
  return growing.length === 0
    ? pass(`${ours.length} containers`)
    : fail(
        `without a limit: ${growing.map(({ project, service }) => `${service} of ${project}`).join(', ')}`,
      );
}
