import type { Fact } from './run/facts.ts';
import type { Shell } from './shell.ts';

/** How long a step may take that does not say it itself. */
export const DEFAULT_STEP_SECONDS = 300;

/** One thing that a host should be: shell that knows whether it is needed, and shell that makes it so. */
export interface Step {
  /** In the imperative, for the person watching: `Write /etc/sysctl.d/90-pocket.conf`. */
  title: string;
  /** Exits 0 when the host is already so, anything else when not. Its output is dropped. */
  check: Shell;
  /**
   * What would make `check` say yes, in a form in which it can be asked for all steps at once. A short cut and nothing
   * more: when one of them does not hold, `check` decides. They are asked for again once something was applied.
   */
  facts?: Fact[];
  /** Makes it so; `check` is asked again afterwards. Its output is shown only when it fails. */
  apply: Shell;
  /** Prints what `apply` would change, for a dry run; the title says enough where this is absent. */
  diff?: Shell;
  /**
   * Text that the step puts on the host, ending with a newline; or shell that prints it there. The step's shell
   * gets it from `$content`. Secrets may stand in such text and nowhere else.
   */
  content?: string | Shell;
  /** Earlier steps of the same host that make this one necessary when they changed something. */
  after?: Step[];
  /** Seconds after which `apply` counts as hanging and is ended; 300 where absent. */
  timeoutSeconds?: number;
}

/** Who owns a file on the host: names, or numbers for the users that exist only inside an image. */
export type Owner = `${string}:${string}`;
