import type { Check, ProbeResult, Verdict } from '../check.ts';
import { onHost } from '../fixes.ts';
import { sh } from '../shell.ts';
import { fail, lastWords, pass } from '../verdict.ts';
import type { CheckContext } from './context.ts';

/** Whether what the containers log can fill the disk. Drivers: docs.docker.com, engine/logging/configure. */
export function logRotationCheck({ deployment, host }: CheckContext): Check {
  return {
    id: 'docker.log-rotation',
    group: 'docker',
    severity: 'warning',
    title: 'The logs of every container are rotated',
    host,
    probe: sh`
      ids=$(docker ps --all --quiet --filter label=com.docker.compose.project)
      [[ -z $ids ]] || docker inspect --format '{"name":{{json .Name}},"project":{{json (index .Config.Labels "com.docker.compose.project")}},"log":{{json .HostConfig.LogConfig}}}' $ids`,
    fix: `remove each of them, then run its role again: ${onHost(deployment, host, 'docker rm -f NAME')}`,
    judge: rotationVerdict,
  };
}

/** Judges `docker inspect`, one container a line. The driver `json-file` rotates only when it is told a size. */
export function rotationVerdict(result: ProbeResult): Verdict {
  if (result.status !== 0) return fail(`Docker cannot be asked: ${lastWords(result)}`);
  const containers = result.output
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Container)
    .filter(({ project }) => project.startsWith('pocket-'));
  const growing = containers.filter(
    ({ log }) => log.Type === 'json-file' && log.Config?.['max-size'] === undefined,
  );
  return growing.length === 0
    ? pass(`${containers.length} containers`)
    : fail(`without a limit: ${growing.map(({ name }) => name.replace(/^\//, '')).join(', ')}`);
}

interface Container {
  name: string;
  project: string;
  log: { Type: string; Config?: Record<string, string> };
}
