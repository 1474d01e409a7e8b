import type { Readable } from 'node:stream';
import type { Deployment, Host } from './deployment.ts';
import type { RoleName } from './profile/roles.ts';
import type { Secrets } from './secrets.ts';
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
