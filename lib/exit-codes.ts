/** What a script's exit code tells the shell or the tool that started it. */
export const EXIT = {
  done: 0,
  /** Of validation: the deployment is not ready. */
  failed: 1,
  /** Wrong options, or a profile that cannot be used; no host was touched. Of validation also: it could not tell. */
  usage: 2,
  /** `--dry-run` found something to change. */
  changesPending: 3,
  /** A host could not be reached or logged in to; the others were finished. */
  unreachable: 4,
  /** Another run is changing a host, and `--wait` was not given or was over. */
  locked: 6,
  /** A change was not confirmed, so the host has taken it back. */
  undone: 7,
  interrupted: 130,
} as const;

/** An error whose message is for the person who typed the command: printed as it is, without a stack trace. */
export class UserError extends Error {
  readonly exitCode: number;

  constructor(message: string, exitCode: number = EXIT.failed) {
    super(message);
    this.exitCode = exitCode;
  }
}
