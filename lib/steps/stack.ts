import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import type { Deployment, Host } from '../deployment.ts';
import { renderEnvTemplate } from '../env-template.ts';
import { ROOT } from '../own-files.ts';
import { PORTS, type PortName } from '../ports.ts';
import type { HostEntry } from '../proxied-names.ts';
import { lines, type Shell, sh } from '../shell.ts';
import type { Owner, Step } from '../step.ts';
import { directory, file } from './file.ts';

/** Where stacks live on a host. */
export const STACKS = '/opt/pocket';

/** Absolute path of `compose/`. */
export const COMPOSE = join(ROOT, 'compose');

/** The text of a file below `compose/`, such as `redis/redis.conf`. */
export function composeFile(path: string): string {
  return readFileSync(join(COMPOSE, path), 'utf8');
}

/** `env-templates/<name>.env` with its placeholders filled in; see renderEnvTemplate. */
export function envTemplate(name: string, values: Record<string, string>): string {
  return renderEnvTemplate(join(ROOT, 'env-templates', `${name}.env`), values);
}

/** A file that containers of a stack read, in a directory of the stack's that they mount; relative to the stack's own. */
export interface StackFile {
  path: string;
  content: string | Shell;
  mode?: string;
  owner?: Owner;
  validate?: Shell;
}

/** A compose project on a host. */
export interface StackOptions {
  /** The directory below `compose/`, and the project's name after `pocket-`. */
  name: string;
  /** The text of the project's `.env`; or shell that prints it, which cannot hold a secret. */
  env: string | Shell;
  /** What its containers read besides. */
  files?: StackFile[];
  /** Directories of these files that are not root's with mode 755. */
  directories?: { path: string; mode: string; owner: Owner }[];
  /** The services to start; all of the compose file where absent. */
  services?: string[];
  /** Ports to publish at the private address: the compose file itself publishes on loopback only. */
  publish?: Record<string, { address: string; port: number }[]>;
  /** Names that a service's containers find at these addresses instead of asking DNS. */
  hosts?: Record<string, HostEntry[]>;
  /** Seconds until every service must be healthy; 300 where absent. */
  waitSeconds?: number;
}

/** What is asked of a service of a compose file here. */
interface ComposeService {
  healthcheck?: unknown;
  /** Given where it is not part of what runs. */
  profiles?: string[];
  volumes?: string[];
}

/**
 * A compose project: its files under `/opt/pocket/<name>`, its containers up and healthy. A container is made anew when
 * what the compose file and the `.env` say of it or a file that it mounts has changed, and not touched otherwise: a
 * miner does not restart because its relayer has another backend.
 *
 * Compose does not look into mounted files, so their hash goes into a label (compose.override.yaml): an operator who
 * types `docker compose up` in that directory gets the same containers.
 */
export function stack(options: StackOptions): Step[] {
  const { name, env, files = [], waitSeconds = 300 } = options;
  const at = `${STACKS}/${name}`;
  const compose = composeFile(`${name}/compose.yaml`);
  const described: Record<string, ComposeService> = parse(compose, { merge: true }).services;
  const wanted = options.services ?? Object.keys(described);
  const services = wanted.map((service) => ({
    service,
    watched: described[service]?.healthcheck !== undefined,
    read: mounted(
      described[service]?.volumes ?? [],
      files.map(({ path }) => path),
    ),
  }));
  const parents = new Set(files.map(({ path }) => path.split('/').slice(0, -1).join('/')));
  const subdirectories = [...parents].filter((path) => path !== '');
  const steps = [
    directory({ path: at }),
    ...subdirectories.map((path) =>
      directory({
        ...options.directories?.find((one) => one.path === path),
        path: `${at}/${path}`,
      }),
    ),
    file({ path: `${at}/compose.yaml`, content: compose }),
    file({ path: `${at}/.env`, content: env, mode: '600' }),
    ...files.map((one) => file({ ...one, path: `${at}/${one.path}` })),
    file({
      path: `${at}/compose.override.yaml`,
      content: override(at, options, services),
    }),
  ];
  const unwanted = Object.keys(described).filter(
    (service) => !wanted.includes(service) && !described[service]?.profiles,
  );
  return [...steps, up({ name, at, services, unwanted, waitSeconds, after: steps })];
}

/** A service that is started. */
interface Started {
  service: string;
  /** Whether it has a health check. */
  watched: boolean;
  /** The files that it mounts, relative to the stack's directory. */
  read: readonly string[];
}

/** Those of the files that are in a directory that a service mounts, such as `./config:/etc/redis:ro`. */
function mounted(volumes: readonly string[], files: readonly string[]): string[] {
  const directories = volumes.flatMap((volume) => /^\.\/([^:]+):/.exec(volume)?.[1] ?? []);
  return files.filter((file) => directories.some((directory) => file.startsWith(`${directory}/`)));
}

/**
 * What is added to the compose file on this host: of each service the hash of the files that it mounts, private ports,
 * known names; and that the health of what starts is asked for each second, where this engine can do that (Docker Engine
 * 25, API 1.44; older ones refuse it). There a container that is well is asked every 15 seconds, since each time costs
 * the host a process in it; of the others every 3, or whoever waits for them would wait longer.
 */
function override(
  at: string,
  { publish = {}, hosts = {} }: StackOptions,
  services: readonly Started[],
): Shell {
  const head =
    '# Written with every deploy: makes a container anew when a file that it reads has changed.\nservices:\n';
  const bodies = services.map(({ service, watched, read }) => {
    const ports = (publish[service] ?? []).map(
      ({ address, port }) =>
        `"${address.includes(':') ? `[${address}]` : address}:${port}:${port}"`,
    );
    const published = ports.length > 0 ? `    ports: [${ports.join(', ')}]\n` : '';
    const entries = (hosts[service] ?? []).map(({ name, address }) => `"${name}:${address}"`);
    const known = entries.length > 0 ? `    extra_hosts: [${entries.join(', ')}]\n` : '';
    const soon = watched ? '    healthcheck: {@soon}\n' : '';
    const body = `  ${service}:\n    labels: {pocket.files: "@hash"}\n${published}${known}${soon}`;
    return sh`
      hash=$(cd ${at} 2>/dev/null && sha256sum -- ${read} 2>/dev/null </dev/null | sha256sum | cut -c1-16)
      text=${body}
      text=\${text//@hash/$hash}
      printf %s "\${text//@soon/$soon}"`;
  });
  return sh`
    engine=$(curl -q -fsS -m 5 --unix-socket /run/docker.sock http://docker/version 2>/dev/null ||
      docker version --format '"ApiVersion":"{{.Server.APIVersion}}"' 2>/dev/null || :)
    # An engine that says nothing is not taken for an old one: a moment without an answer would make all containers anew.
    soon='start_interval: 1s'
    if [[ $engine =~ '"ApiVersion":"1.'([0-9]+) ]] && ((BASH_REMATCH[1] < 44)); then
      soon='interval: 3s'
    fi
    printf %s ${head}
    ${lines(...bodies)}`;
}

/**
 * `docker compose up`, done when the project's containers are those that it left, all of them still well. Where a file
 * was not as it should be, and a container has read it so, Compose sees no difference once it is mended: that container
 * is made anew, too.
 */
function up(options: {
  name: string;
  at: string;
  services: readonly Started[];
  /** Those that the host no longer has, or never had. */
  unwanted: readonly string[];
  waitSeconds: number;
  after: Step[];
}): Step {
  const { name, at, services, unwanted, waitSeconds, after } = options;
  const project = `pocket-${name}`;
  const readers = services.filter(({ read }) => read.length > 0);
  // Compose's own, too: a run that was cut off after it had written them has not brought them about.
  const written = ['compose.yaml', '.env', 'compose.override.yaml'];
  const read = [...new Set([...written, ...readers.flatMap((one) => one.read)])];
  const mended = readers.map(
    ({ service, read }) => sh`
      again=$(read_before ${project} ${service} ${read})
      [[ ! $again ]] || bring_up --force-recreate --no-deps $again`,
  );
  return {
    title: `Bring up the stack ${name}`,
    after,
    check: sh`
      for file in ${read}; do [[ ! ${at}/$file -nt ${at}/.applied ]] || exit 1; done
      stack_state ${project} | cmp -s - ${at}/.applied`,
    apply: lines(
      sh`cd ${at}`,
      sh`rm -f .applied`,
      sh`docker compose config --quiet`,
      sh`remove_half_made ${project}`,
      sh`unpause ${project}`,
      sh`until_asked_again ${project}`,
      sh`
        bring_up() {
          docker compose up --detach --wait --wait-timeout ${waitSeconds} "$@" || {
            docker compose ps --all
            docker compose logs --no-color --tail 30
            docker compose ps --all --quiet |
              xargs -r docker inspect --format '{{if .State.OOMKilled}}{{.Name}} was OOM-killed{{end}}' | grep . || :
            exit 1
          }
        }
        bring_up --remove-orphans ${services.map(({ service }) => service)}
        ${lines(...mended)}`,
      ...(unwanted.length > 0 ? [sh`docker compose rm --stop --force ${unwanted}`] : []),
      sh`stack_state ${project} >.applied`,
      // What was written while the clock was ahead would be newer for as long as it was.
      sh`for file in ${read}; do [[ ! $file -nt .applied ]] || touch --reference="$file" .applied; done`,
    ),
    timeoutSeconds: waitSeconds + 300,
  };
}

/** The private addresses at which a host publishes ports, beside loopback. */
export function privatePorts(
  deployment: Pick<Deployment, 'bindAddresses'>,
  host: Host,
  ...services: PortName[]
): { address: string; port: number }[] {
  return services.flatMap((service) =>
    deployment
      .bindAddresses(service, host)
      .filter((address) => address !== '127.0.0.1')
      .map((address) => ({ address, port: PORTS[service].port })),
  );
}
