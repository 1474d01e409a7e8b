import type { Readable } from 'node:stream';
import type { Deployment, Host } from './deployment.ts';
import type { RoleName } from './profile/roles.ts';
import type { Visit } from './run/visits.ts';
import type { Secrets } from './secrets/secrets.ts';
import type { Shell } from './shell.ts';
import type { Step } from './step.ts';

/** What a role knows when it says what a host should be. */
export interface RoleContext {
  deployment: Deployment;
  host: Host;
  secrets: Secrets;
}

/** A part of what a host is for: the steps that bring a host there. */
export interface Role {
  name: RoleName;
  /** In one sentence, for `--help`. */
  summary: string;
  steps(context: RoleContext): Step[];
  /** Whether no host begins with it while the preflight refuses another one that has it: one alone would be something else. */
  together?: true;
  /** Present where hosts that serve must not change all at the same time. */
  rolling?: Rolling;
  /** What has to be carried from this machine to the host before the steps, when the host lacks it. */
  transfer?(context: RoleContext): Promise<Transfer> | undefined;
  /** What makes the role's changes last, where the host undoes them by itself otherwise. */
  confirm?(context: RoleContext): Confirmation | undefined;
}

/** Shell that is run over a login made anew, after the role's steps changed something: that it runs is the proof. */
export interface Confirmation {
  command: Shell;
  /** Seconds after which the host undoes what was not confirmed. */
  undoneAfterSeconds: number;
}

/**
 * How hosts that serve are changed one after the other. Hosts that need no change, and those that do not serve yet, are
 * not kept waiting.
 */
export interface Rolling {
  /** Exits 0 when the host serves now. */
  serves: Shell;
  /** The lower, the earlier. */
  rank(context: RoleContext, errands: Errands): number | Promise<number>;
  /**
   * Takes the host out of service before it is changed.
   * @throws UserError when that cannot be done; the host is then left as it is, and so are those after it.
   */
  takeOut(context: RoleContext, errands: Errands): Promise<OutOfService>;
  /** Present where a host that was taken out for a change that failed stays out. */
  leftOut?: {
    /** The role whose steps put such a host back, too: a run that has it need not ask. */
    alsoMendedBy: RoleName;
    /** What puts the host back, when it is out of service at this moment. */
    find(context: RoleContext, errands: Errands): Promise<OutOfService | undefined>;
  };
}

/** What taking a host out of service, and back, is done with. */
export interface Errands {
  visit: Visit;
  /** Tells the operator what is waited for. */
  note(text: string): void;
  /** Waits so many milliseconds. Throws UserError with exit code 130 when the run is to end. */
  pause(milliseconds: number): Promise<void>;
}

/** A host that is out of service. */
export interface OutOfService {
  /** Waits until the host is well and puts it back. Throws UserError when it does not become well: it then stays out. */
  backWhenWell(): Promise<void>;
  /** Puts it back as it is, since the run is interrupted; who sends to it asks it whether it is ready. */
  backAsItIs(): Promise<void>;
  /** For the operator, when it does not come back: from where it stays away, and what brings it back. */
  staysOut?: string;
}

/** Something large that flows from this machine into a command on the host. */
export interface Transfer {
  title: string;
  /** Prints what the host lacks, one a line; nothing when it has everything. */
  missing: Shell;
  /** The command that reads the stream. */
  command: Shell;
  /** The stream of what is missing and its length. Throws UserError when this machine does not have it. */
  open(missing: string[]): Promise<{ stream: Readable; bytes: number }>;
}
