import type { Deployment, Host } from '../deployment.ts';
import { EXIT, UserError } from '../exit-codes.ts';
import { HOST_ROLES, ROLE_NEEDS, type RoleName } from '../profile/roles.ts';
import type { Role } from '../role.ts';
import type { Secrets } from '../secrets/secrets.ts';
import type { Connection } from './connection.ts';
import { withHint } from './failure-text.ts';
import { hintFor } from './hints.ts';
import { openHosts } from './open-hosts.ts';
import { type PartOptions, PartRun } from './part-run.ts';
import type { PartScript } from './part-script.ts';
import { isAlreadySo } from './question.ts';
import { roll } from './rolling.ts';
import type { StepEvent } from './run-script.ts';
import { type Seat, Turns } from './turns.ts';
import { Visits } from './visits.ts';

/** The roles of one stage that one host has: what one script brings about. */
export interface Part {
  host: Host;
  roles: Role[];
}

/** How a part of a deploy ended. */
export interface Outcome {
  host: string;
  roles: RoleName[];
  status: 'done' | 'failed' | 'undone' | 'unreachable' | 'locked' | 'interrupted' | 'skipped';
  /** Why, in words for the operator; empty when done. */
  reason: string;
}

/** How far a transfer is, in bytes. */
export interface TransferProgress {
  title: string;
  items: string[];
  sent: number;
  bytes: number;
}

/** What is told while a deploy goes on. */
export interface Listener {
  connected(host: Host): void;
  begun(part: Part, steps: number): void;
  step(host: Host, event: StepEvent): void;
  /** What the step in hand waits for. */
  note(host: Host, text: string): void;
  transfer(host: Host, progress: TransferProgress): void;
  /** A part that is not done, with the reason; told once for a host that nothing could be done on. */
  problem(outcome: Outcome): void;
}

/** What to deploy, and how. */
export interface DeployOptions {
  deployment: Deployment;
  secrets: Secrets;
  sshConfig: string;
  /** In the order of the stages; parts of one host run one after the other. */
  parts: Part[];
  scripts: Map<Part, PartScript>;
  dryRun: boolean;
  listener: Listener;
  /** Takes a host for this run. Throws UserError when somebody else has it. */
  lock(connection: Connection): Promise<void>;
  /** Asks a host that is not already so, before any is changed, whether the deploy can work there. Returns what is in the way. */
  preflight(connection: Connection): Promise<string[]>;
  /** Aborted when the deploy shall end: every host after its step in hand. */
  signal: AbortSignal;
}

/**
 * The parts of a deploy in the order of the profile's stages. A role that has to be confirmed is a part of its own:
 * what is undone meanwhile must not wait for other roles.
 */
export function partsOf(
  deployment: Deployment,
  roles: readonly Role[],
  hosts: readonly Host[],
): Part[] {
  const confirmed = roles.filter((role) => role.confirm);
  const others = roles.filter((role) => !role.confirm);
  return deployment.stages.flatMap((stage) =>
    hosts.flatMap((host) =>
      [...confirmed.map((role) => [role]), others]
        .map((together) => ({
          host,
          roles: together.filter(({ name }) => stage.includes(name) && host.roles.includes(name)),
        }))
        .filter((part) => part.roles.length > 0),
    ),
  );
}

/**
 * Deploys: hosts side by side, the parts of one host in order, and a part not before the parts anywhere that bring
 * what its roles need. A failure stops what depends on it and nothing else.
 */
export async function deploy(options: DeployOptions): Promise<Outcome[]> {
  const { parts, scripts, listener, sshConfig, signal } = options;
  const hosts = [...new Set(parts.map(({ host }) => host))];
  const open = new Set<Connection>();
  const visits = new Visits(sshConfig);
  const alreadySo = new Set<Host>();
  const stop = () => {
    for (const connection of open) connection.stop();
    visits.stop();
  };
  signal.addEventListener('abort', stop);
  const connections = await openHosts(hosts, {
    sshConfig,
    onConnected: (connection) => {
      open.add(connection);
      if (signal.aborted) connection.stop();
      listener.connected(connection.host);
    },
    lock: options.lock,
    preflight: async (connection) => {
      const ofHost = parts.filter(({ host }) => host === connection.host);
      const questions = ofHost.map((part) => scripts.get(part)?.question);
      if (!(await isAlreadySo(connection, questions))) return options.preflight(connection);
      alreadySo.add(connection.host);
      return [];
    },
  });
  const opened = [...connections.values()].filter(
    (one): one is Connection => !(one instanceof UserError),
  );
  const seats = seatsOf(options);
  const running = new Map<Part, Promise<Outcome>>();
  for (const part of parts) {
    const earlier = [...running].filter(([other]) => comesBefore(other, part));
    const outcomes = earlier.map(([, outcome]) => outcome);
    const seat = seats.get(part);
    const outcome = runPart(part, outcomes, connections, {
      ...options,
      alreadySo,
      visits,
      seat,
    });
    running.set(
      part,
      outcome.finally(() => seat?.leave()),
    );
  }
  const outcomes = await Promise.all(running.values());
  signal.removeEventListener('abort', stop);
  await Promise.all([visits.close(), ...opened.map((connection) => connection.close())]);
  return outcomes;
}

/** A seat for each part with a role that rolls, where several hosts of the deployment have that role. */
function seatsOf({ deployment, parts }: DeployOptions): Map<Part, Seat> {
  const rolls = ({ name, rolling }: Role) =>
    rolling && deployment.hosts.filter(({ roles }) => roles.includes(name)).length > 1;
  const rolling = parts.filter(({ roles }) => roles.some(rolls));
  const nameOf = ({ roles }: Part) => roles.find(rolls)?.name;
  const turns = new Map(
    [...Map.groupBy(rolling, nameOf)].map(([name, same]) => [name, new Turns(same.length)]),
  );
  return new Map(
    rolling.flatMap((part) => {
      const seat = turns.get(nameOf(part))?.seat();
      return seat ? [[part, seat] as const] : [];
    }),
  );
}

function comesBefore(earlier: Part, part: Part): boolean {
  if (earlier.host === part.host) return true;
  return part.roles.some(({ name }) =>
    earlier.roles.some(
      (role) => ROLE_NEEDS[name].includes(role.name) && !HOST_ROLES.includes(role.name),
    ),
  );
}

async function runPart(
  part: Part,
  earlier: Promise<Outcome>[],
  connections: Map<Host, Connection | UserError>,
  options: PartOptions & { visits: Visits; seat: Seat | undefined },
): Promise<Outcome> {
  const { listener, signal, visits, seat } = options;
  const { host, roles } = part;
  const outcome = (status: Outcome['status'], reason = ''): Outcome => {
    const result = { host: host.name, roles: roles.map(({ name }) => name), status, reason };
    if (reason !== '') listener.problem(result);
    return result;
  };
  const before = await Promise.all(earlier);
  const missing = before.filter(({ status }) => status !== 'done');
  const connection = connections.get(host) ?? new UserError(`${host.name}: not connected`);
  if (connection instanceof UserError) {
    if (before.some((one) => one.host === host.name)) return outcome('skipped', '');
    if (statusOf(connection) === 'interrupted') return outcome('interrupted');
    return outcome(statusOf(connection), connection.message);
  }
  if (signal.aborted) return outcome('interrupted');
  const because = [
    ...missing.map((one) => `${one.roles.join(', ')} on ${one.host}`),
    ...roles.flatMap((role) => refusedWith(role, connections)),
  ];
  if (because.length > 0) {
    return outcome(
      'skipped',
      `needs ${because.join(' and ')}, which ${because.length > 1 ? 'are' : 'is'} not done`,
    );
  }
  try {
    const run = new PartRun(part, connection, options);
    const end = seat ? await roll(run, seat, visits.visit) : await run.apply();
    return outcome(end.status, end.reason);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    if (signal.aborted && error.exitCode === EXIT.failed)
      return outcome('interrupted', 'ended while something was carried to the host');
    const told = options.secrets.mask(error.message);
    const failed = error.exitCode === EXIT.failed;
    return outcome(statusOf(error), failed ? withHint(told, hintFor(told)) : told);
  }
}

/** The hosts that the preflight refuses, where no other may begin with this role without them. */
function refusedWith(
  { name, together }: Role,
  connections: ReadonlyMap<Host, Connection | UserError>,
): string[] {
  if (!together) return [];
  return [...connections].flatMap(([host, connection]) =>
    connection instanceof UserError &&
    connection.exitCode === EXIT.failed &&
    host.roles.includes(name)
      ? `${name} on ${host.name}`
      : [],
  );
}

function statusOf({ exitCode }: UserError): Outcome['status'] {
  if (exitCode === EXIT.unreachable) return 'unreachable';
  if (exitCode === EXIT.interrupted) return 'interrupted';
  return exitCode === EXIT.locked ? 'locked' : 'failed';
}
