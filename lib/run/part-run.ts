import { Readable } from 'node:stream';
import type { Host } from '../deployment.ts';
import { EXIT, UserError } from '../exit-codes.ts';
import type { RoleName } from '../profile/roles.ts';
import type { Confirmation, RoleContext, Transfer } from '../role.ts';
import { confirmAnew, undoneText } from './confirm.ts';
import type { Connection } from './connection.ts';
import type { DeployOptions, Listener, Outcome, Part } from './deploy.ts';
import { failureText } from './failure-text.ts';
import { scriptOf } from './part-script.ts';
import { runScript, unchangedEvents } from './run-script.ts';
import { within } from './silence.ts';

/** How a part ended, and why where it did not go through. */
export interface PartEnd extends Pick<Outcome, 'status' | 'reason'> {
  /** The roles that it is the end of, where all others of the part are done. */
  failed?: RoleName[];
}

/** Those of the deploy, and what was learned when its hosts were opened. */
export interface PartOptions extends DeployOptions {
  /** The hosts that are already where all of their parts want them. */
  alreadySo: ReadonlySet<Host>;
}

/** One part of a deploy on its host: to be looked at, or to be brought about. */
export class PartRun {
  readonly part: Part;
  readonly context: RoleContext;
  readonly options: PartOptions;
  readonly #connection: Connection;

  constructor(part: Part, connection: Connection, options: PartOptions) {
    this.part = part;
    this.options = options;
    this.context = {
      deployment: options.deployment,
      host: part.host,
      secrets: options.secrets,
    };
    this.#connection = connection;
  }

  /** Brings the part about, or with `dryRun` shows what that would change. */
  async apply(): Promise<PartEnd> {
    const { dryRun, listener } = this.options;
    for (const role of this.part.roles) {
      const transfer = await role.transfer?.(this.context);
      if (transfer) await carry(this.#connection, transfer, this.options);
    }
    const confirmation = dryRun ? undefined : this.part.roles[0]?.confirm?.(this.context);
    return confirmation ? this.#confirmed(confirmation) : this.#run(this.part, dryRun, listener);
  }

  /** Brings the part about, and makes it last over a login made anew where something has changed. */
  async #confirmed(confirmation: Confirmation): Promise<PartEnd> {
    const { listener, secrets, sshConfig } = this.options;
    const { host } = this.part;
    let begun = false;
    let changed = false;
    try {
      const end = await this.#run(this.part, false, {
        begun: (...words) => listener.begun(...words),
        note: (...words) => listener.note(...words),
        step: (where, event) => {
          begun = true;
          if (event.type === 'changed') changed = true;
          listener.step(where, event);
        },
      });
      if (end.status !== 'done' || !changed) return end;
      const refused = await confirmAnew(host, sshConfig, confirmation);
      return refused === '' ? end : { status: 'undone', reason: secrets.mask(refused) };
    } catch (error) {
      const lost = error instanceof UserError && error.exitCode === EXIT.unreachable;
      if (!lost || !begun) throw error;
      const undone = new Date(Date.now() + confirmation.undoneAfterSeconds * 1000);
      const reason = undoneText(host, undone, secrets.mask(error.message));
      return { status: 'undone', reason };
    }
  }

  /**
   * Looks what would change, without a word. What was seen can be told afterwards, as it would have been.
   * @returns how the look ended, and how many steps have something to do
   */
  async look(): Promise<{ end: PartEnd; pending: number; tell: () => void }> {
    const told: (() => void)[] = [];
    const { listener } = this.options;
    let pending = 0;
    const quiet: Pick<Listener, 'begun' | 'step' | 'note'> = {
      begun: (...words) => told.push(() => listener.begun(...words)),
      note: (...words) => told.push(() => listener.note(...words)),
      step: (host, event) => {
        if (event.type === 'pending') pending += 1;
        told.push(() => listener.step(host, event));
      },
    };
    const end = await this.#run(this.part, true, quiet);
    return {
      end,
      pending,
      tell: () => {
        for (const one of told) one();
      },
    };
  }

  /** Runs the script of a part, and where a role of it fails, one more for those after it: none of them needs that role. */
  async #run(
    part: Part,
    dryRun: boolean,
    listener: Pick<Listener, 'begun' | 'step' | 'note'>,
  ): Promise<PartEnd> {
    const end = await this.#runScript(part, dryRun, listener);
    const failed = end.failed?.[0];
    const after = part.roles.slice(1 + part.roles.findIndex(({ name }) => name === failed));
    if (failed === undefined || after.length === 0) return end;
    const both = (other: string) => [end.reason, other].filter(Boolean).join('\n');
    try {
      const rest = await this.#run({ ...part, roles: after }, dryRun, listener);
      if (rest.status === 'done') return end;
      const all = rest.failed && { failed: [failed, ...rest.failed] };
      return { status: rest.status, reason: both(rest.reason), ...all };
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      throw new UserError(both(error.message), error.exitCode);
    }
  }

  async #runScript(
    part: Part,
    dryRun: boolean,
    listener: Pick<Listener, 'begun' | 'step' | 'note'>,
  ): Promise<PartEnd> {
    const { deployment, scripts, secrets, signal } = this.options;
    const { host } = part;
    const script = scripts.get(part) ?? scriptOf(part, deployment, secrets);
    const { text, steps, secrets: written } = script;
    let failure = '';
    let failed: RoleName | undefined;
    let ended = 0;
    listener.begun(part, steps.length);
    if (this.options.alreadySo.has(host)) {
      for (const event of unchangedEvents(steps)) listener.step(host, event);
      return { status: 'done', reason: '' };
    }
    const end = await runScript(this.#connection, {
      script: text(),
      steps,
      secrets: written,
      dryRun,
      onEvent: (event) => {
        const masked = { ...event, output: secrets.mask(event.output) };
        if (event.type !== 'started') ended += 1;
        if (event.type === 'failed') {
          failure = failureText(host.name, masked);
          failed = event.role;
        }
        listener.step(host, masked);
      },
      onNote: (text) => listener.note(host, secrets.mask(text)),
    });
    switch (end) {
      case 'done':
        return { status: 'done', reason: '' };
      case 'stopped': {
        const lost = `${host.name}: another run has taken the host over, since this one was not heard of`;
        if (!signal.aborted) return { status: 'locked', reason: lost };
        return { status: 'interrupted', reason: `ended after step ${ended} of ${steps.length}` };
      }
      case 'implausible':
        return {
          status: 'failed',
          reason: `${host.name}: the host's answers do not add up: they cannot have come from the script it was sent\n  Look into the host before you trust it with anything.`,
        };
      case 'failed':
        return {
          status: 'failed',
          reason: failure || `${host.name}: the script ended before its last step`,
          ...(failed && { failed: [failed] }),
        };
    }
  }
}

async function carry(
  connection: Connection,
  transfer: Transfer,
  options: DeployOptions,
): Promise<void> {
  const missing: string[] = [];
  const asked = connection.run(transfer.missing.text, (line) => {
    if (missing.length < MOST_MISSING) missing.push(line);
  });
  await within(connection.host.name, MISSING_SECONDS, asked);
  if (missing.length === 0) return;
  const { stream, bytes } = await transfer.open(missing);
  const progress = { title: transfer.title, items: missing, bytes };
  if (options.dryRun) {
    stream.destroy();
    options.listener.transfer(connection.host, { ...progress, sent: 0, pending: true });
    return;
  }
  const tell = (sent: number) => options.listener.transfer(connection.host, { ...progress, sent });
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

/** Many times the images that there are: a host that floods gets no more memory of ours. */
const MOST_MISSING = 200;
const MISSING_SECONDS = 300;
