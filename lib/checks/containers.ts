import { familiarReference } from '../images/reference.ts';
import { type Shell, sh } from '../shell.ts';
import type { RunningImage, Verdict } from '../validation/check.ts';
import { fail, pass, warn } from '../validation/verdict.ts';

/** What `docker inspect` says of a container of a compose project. */
export interface ContainerState {
  name: string;
  project: string;
  service: string;
  /** As the compose file names it. */
  image: string;
  /** The id of the image that it was made from. */
  imageId: string;
  /** Whether what it logs stays below a size: `json-file` only where it is told one (docs.docker.com, engine/logging). */
  logsEnd: boolean;
  status: string;
  exitCode: number;
  /** `healthy`, `unhealthy`, `starting`, or empty where no health check is defined. */
  health: string;
  restarts: number;
  /** Seconds since its last start. */
  upSeconds: number;
}

/** A container that has been up for less has just been restarted. */
const SETTLED_SECONDS = 60;
/**
 * One that Docker has restarted so often, and that has not been up for so long since, ends again and again. Docker waits for
 * a minute at most before the next time (moby, restartmanager/restartmanager.go, 2454e42e).
 */
const MANY_RESTARTS = 3;
const LASTING_SECONDS = 120;

/** What a host has: its containers, the ids of images by their references, and their registries' digests by their ids. */
export interface Containers {
  containers: readonly ContainerState[];
  imageIds: ReadonlyMap<string, string>;
  digests: ReadonlyMap<string, readonly string[]>;
}

/** A service of a compose project, the image that the profile names for it, and whether it ends by itself. */
interface WantedService {
  project: string;
  service: string;
  image: string;
  oneShot: boolean;
}

/**
 * Shell that prints the time, the ids of images, and every container of a compose project; all but the first one JSON
 * object a line.
 */
export function containersProbe(references: readonly string[]): Shell {
  return sh`
  date -u +%s
  docker image inspect --format '{"tags":{{json .RepoTags}},"digests":{{json .RepoDigests}},"id":{{json .Id}}}' ${references} 2>/dev/null || :
  ids=$(docker ps --all --quiet --filter label=com.docker.compose.project)
  [[ -z $ids ]] || docker inspect --format '{"name":{{json .Name}},"labels":{{json .Config.Labels}},"image":{{json .Config.Image}},"imageId":{{json .Image}},"log":{{json .HostConfig.LogConfig}},"state":{{json .State}},"restarts":{{json .RestartCount}}}' $ids
`;
}

/** Reads what {@link containersProbe} printed. Throws when it is something else. */
export function readContainers(output: string): Containers {
  const [now, ...lines] = output.trim().split('\n');
  const objects = lines.map((line) => JSON.parse(line));
  const images = objects.filter(({ tags }) => tags !== undefined);
  const containers = objects.filter(({ labels }) => labels !== undefined);
  return {
    imageIds: new Map(
      images.flatMap(({ tags, digests, id }) =>
        [...(tags ?? []), ...(digests ?? [])].map((one) => [familiarReference(one), id] as const),
      ),
    ),
    digests: new Map(images.map(({ digests, id }) => [id, digests ?? []])),
    containers: containers.map(({ name, labels, image, imageId, log, state, restarts }) => ({
      name: name.slice('/'.length),
      project: labels['com.docker.compose.project'],
      service: labels['com.docker.compose.service'],
      image,
      imageId,
      logsEnd: log.Type !== 'json-file' || log.Config?.['max-size'] !== undefined,
      status: state.Status,
      exitCode: state.ExitCode,
      health: state.Health?.Status ?? '',
      restarts,
      upSeconds: Number(now) - Date.parse(state.StartedAt) / 1000,
    })),
  };
}

/** Judges whether a service is there as it should be: every container of it, should there be several. */
export function containerVerdict(found: Containers, wanted: WantedService): Verdict {
  const { project, service, image, oneShot } = wanted;
  const { imageIds } = found;
  const mine = containersOf(found, wanted);
  if (mine.length === 0) return fail(`the project ${project} has no container ${service}`);
  for (const one of mine) {
    const verdict = oneShot ? finished(one) : running(one);
    if (verdict.verdict !== 'pass') return verdict;
    if (familiarReference(one.image) !== familiarReference(image)) {
      return fail(`it was made from ${short(one.image)}; the profile says ${short(image)}`);
    }
    const id = imageIds.get(familiarReference(image));
    if (id === undefined) return warn(`the host no longer has its image ${short(image)}`);
    if (one.imageId !== id) {
      return fail(
        `it was made from ${shortId(one.imageId)}; ${short(image)} is ${shortId(id)} now`,
      );
    }
  }
  const { evidence } = oneShot ? finished(mine[0]!) : running(mine[0]!);
  const [, digest] = short(image).split('@');
  return pass(digest === undefined ? evidence : `${evidence}, from ${digest}`);
}

/** What the running containers of a service run, by the profile's name of the image where they were started by that. */
export function runningImages(found: Containers, wanted: WantedService): RunningImage[] {
  return containersOf(found, wanted)
    .filter(({ status }) => status === 'running')
    .map(({ image, imageId: id }) => {
      const repository = familiarReference(image)
        .replace(/@.*/, '')
        .replace(/:[^/]*$/, '');
      const known = found.digests
        .get(id)
        ?.find((one) => familiarReference(one).startsWith(`${repository}@`));
      const digest = known?.split('@')[1];
      const reference =
        familiarReference(image) === familiarReference(wanted.image) ? wanted.image : image;
      return { reference, id, ...(digest && { digest }) };
    });
}

function containersOf({ containers }: Containers, { project, service }: WantedService) {
  return containers.filter((one) => one.project === project && one.service === service);
}

function finished({ status, exitCode }: ContainerState): Verdict {
  if (status !== 'exited') return fail(`${status}, instead of having ended with exit status 0`);
  return exitCode === 0 ? pass('exit status 0') : fail(`exit status ${exitCode}; wanted: 0`);
}

function running({ status, exitCode, health, restarts, upSeconds }: ContainerState): Verdict {
  if (status === 'restarting')
    return fail(`restarting, for the ${restarts}. time; wanted: running`);
  if (status !== 'running') return fail(`${status}, exit status ${exitCode}; wanted: running`);
  if (health === 'unhealthy') return fail('running, but its health check fails; wanted: healthy');
  const since = `up for ${Math.round(upSeconds)} s, after ${restarts} restarts`;
  // Before its health: one that ends early enough is always about to become healthy.
  if (restarts >= MANY_RESTARTS && upSeconds < LASTING_SECONDS)
    return fail(`${since}; wanted: up for ${LASTING_SECONDS} s`);
  if (health === 'starting') return warn('running; its health check has not succeeded yet');
  if (restarts > 0 && upSeconds < SETTLED_SECONDS) return warn(since);
  return pass(health || 'running');
}

/** A reference with as much of its digest as people compare. */
function short(image: string): string {
  return image.replace(/(@sha256:[0-9a-f]{12})[0-9a-f]+$/, '$1');
}

/** As much of an image's id as people compare. */
function shortId(id: string): string {
  return id.replace(/^sha256:/, '').slice(0, 12);
}
