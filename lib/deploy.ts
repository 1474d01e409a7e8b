import { Readable } from 'node:stream';
import { compile } from './compile.ts';
import { confirmAnew, undoneText } from './confirm.ts';
import type { Connection } from './connection.ts';
import type { Deployment, Host } from './deployment.ts';
import { excerpt } from './excerpt.ts';
import { EXIT, UserError } from './exit-codes.ts';
import { hintFor } from './hints.ts';
import { openHosts } from './open-hosts.ts';
import { HOST_ROLES, ROLE_NEEDS, type RoleName } from './profile/roles.ts';
import type { Confirmation, Role, Transfer } from './role.ts';
import { type RoleStep, runScript, type StepEvent } from './run-script.ts';
import type { Secrets } from './secrets.ts';

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
  dryRun: boolean;
  listener: Listener;
  /** Takes a host for this run. Throws UserError when somebody else has it. */
  lock(connection: Connection): Promise<void>;
  /** Asks a host, before any host is changed, whether the deploy can work there. Returns what is in the way. */
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
  const { parts, listener, sshConfig, signal } = options;
  const hosts = [...new Set(parts.map(({ host }) => host))];
  const open = new Set<Connection>();
  const stop = () => {
    for (const connection of open) connection.stop();
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
    preflight: options.preflight,
  });
  const opened = [...connections.values()].filter(
    (one): one is Connection => !(one instanceof UserError),
  );
  const running = new Map<Part, Promise<Outcome>>();
  for (const part of parts) {
    const earlier = [...running].filter(([other]) => comesBefore(other, part));
    const outcomes = earlier.map(([, outcome]) => outcome);
    running.set(part, runPart(part, outcomes, connections, options));
  }
  const outcomes = await Promise.all(running.values());
  signal.removeEventListener('abort', stop);
  await Promise.all(opened.map((connection) => connection.close()));
  return outcomes;
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
  options: DeployOptions,
): Promise<Outcome> {
  const { deployment, secrets, dryRun, listener } = options;
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
  if (options.signal.aborted) return outcome('interrupted');
  if (missing.length > 0) {
    const because = missing.map((one) => `${one.roles.join(', ')} on ${one.host}`);
    return outcome(
      'skipped',
      `needs ${because.join(' and ')}, which ${missing.length > 1 ? 'are' : 'is'} not done`,
    );
  }
  const context = { deployment, host, secrets };
  const confirmation = roles[0]?.confirm?.(context);
  let failure = '';
  let ended = 0;
  let begun = false;
  let changed = false;
  try {
    const steps = roles.flatMap((role) =>
      role.steps(context).map((step): RoleStep => ({ role: role.name, step })),
    );
    const named = secrets.named();
    const title = `${roles.map(({ name }) => name).join(', ')} on ${host.name}, deployment ${deployment.name}`;
    const script = compile(
      title,
      steps.map(({ step }) => step),
      named,
    );
    for (const role of roles) {
      const transfer = await role.transfer?.(context);
      if (transfer) await carry(connection, transfer, options);
    }
    listener.begun(part, steps.length);
    const end = await runScript(connection, {
      script,
      steps,
      secrets: named,
      dryRun,
      onEvent: (event) => {
        const masked = { ...event, output: secrets.mask(event.output) };
        if (event.type !== 'started') ended += 1;
        begun = true;
        if (event.type === 'changed') changed = true;
        if (event.type === 'failed') failure = failureText(host, masked);
        listener.step(host, masked);
      },
      onNote: (text) => listener.note(host, secrets.mask(text)),
    });
    if (end === 'done' && confirmation && changed) {
      const refused = await confirmAnew(host, options.sshConfig, confirmation);
      return refused === '' ? outcome('done') : outcome('undone', secrets.mask(refused));
    }
    if (end === 'done') return outcome('done');
    if (end === 'stopped' && !options.signal.aborted) {
      const reason = `${host.name}: another run has taken the host over, since this one was not heard of`;
      return outcome('locked', reason);
    }
    if (end === 'stopped')
      return outcome('interrupted', `ended after step ${ended} of ${steps.length}`);
    if (end === 'implausible') {
      return outcome(
        'failed',
        `${host.name}: the host's answers do not add up: they cannot have come from the script it was sent\n  Look into the host before you trust it with anything.`,
      );
    }
    return outcome('failed', failure || `${host.name}: the script ended before its last step`);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    if (confirmation && begun && !dryRun && error.exitCode === EXIT.unreachable)
      return outcome(
        'undone',
        undoneText(host, undoneBy(confirmation), secrets.mask(error.message)),
      );
    if (options.signal.aborted && error.exitCode === EXIT.failed)
      return outcome('interrupted', 'ended while something was carried to the host');
    return outcome(statusOf(error), secrets.mask(error.message));
  }
}

async function carry(
  connection: Connection,
  transfer: Transfer,
  options: DeployOptions,
): Promise<void> {
  const missing: string[] = [];
  await connection.run(transfer.missing.text, (line) => {
    if (missing.length < MOST_MISSING) missing.push(line);
  });
  if (missing.length === 0 || options.dryRun) return;
  const { stream, bytes } = await transfer.open(missing);
  const tell = (sent: number) =>
    options.listener.transfer(connection.host, {
      title: transfer.title,
      items: missing,
      sent,
      bytes,
    });
  const counted = async function* () {
    let sent = 0;
    tell(sent);
    for await (const chunk of stream) {
      sent += chunk.length;
      tell(sent);
      yield chunk;
    }
  };
  await connection.feed(transfer.command, Readable.from(counted()), options.signal);
}

/** When the host has undone what has come into force until now, should it have. */
function undoneBy({ undoneAfterSeconds }: Confirmation): Date {
  return new Date(Date.now() + undoneAfterSeconds * 1000);
}

/** Many times the images that there are: a host that floods gets no more memory of ours. */
const MOST_MISSING = 200;

function statusOf({ exitCode }: UserError): Outcome['status'] {
  if (exitCode === EXIT.unreachable) return 'unreachable';
  if (exitCode === EXIT.interrupted) return 'interrupted';
  return exitCode === EXIT.locked ? 'locked' : 'failed';
}

function failureText(host: Host, event: StepEvent): string {
  const why = event.exitStatus === 124 ? 'its time was over' : `exit status ${event.exitStatus}`;
  const hint = hintFor(event.output);
  const told = [`${host.name}: ${event.role}: ${event.title}: ${why}`, excerpt(event.output)];
  return [...told, ...(hint ? [`What to do: ${hint}`] : [])].join('\n');
}
