import { bare, jsonLine } from '../bare.ts';
import type { Host } from '../deployment.ts';
import type { Listener, Outcome, Part } from '../run/deploy.ts';
import type { StepEvent } from '../run/run-script.ts';

/** Where a listener writes: results to `out`, everything else to `err`. */
export interface Terminal {
  out: (text: string) => void;
  err: (text: string) => void;
  /** Whether `err` is a terminal whose lines can be drawn anew. */
  live: boolean;
  colour: boolean;
  verbose: boolean;
}

/** The terminal that this process writes to; `NO_COLOR`, `FORCE_COLOR` and `TERM=dumb` are honoured. */
export function processTerminal(options: { verbose?: boolean | undefined }): Terminal {
  const { env, stderr } = process;
  const live = Boolean(stderr.isTTY) && env.TERM !== 'dumb';
  return {
    out: (text) => process.stdout.write(text),
    err: (text) => stderr.write(text),
    live,
    colour: env.NO_COLOR ? false : env.FORCE_COLOR ? env.FORCE_COLOR !== '0' : live,
    verbose: options.verbose ?? false,
  };
}

/** A listener that is closed before anybody else writes to the terminal: it may have drawn on it. */
export interface ListenerToClose extends Listener {
  close(): void;
}

/** One JSON object a line: what happened, as it happens. */
export function jsonListener(terminal: Terminal): ListenerToClose {
  const tell = (event: object) => terminal.out(jsonLine(event));
  return {
    connected: (host) => tell({ type: 'connected', host: host.name }),
    begun: (part, steps) =>
      tell({
        type: 'script',
        host: part.host.name,
        roles: part.roles.map(({ name }) => name),
        steps,
      }),
    transfer: (host, { title, items, sent, bytes, pending }) => {
      const done = sent === bytes && { status: 'changed' };
      if (sent > 0 && !done) return;
      const status = pending ? { status: 'pending' } : done;
      tell({ type: 'transfer', host: host.name, title, items, bytes, ...status });
    },
    step: (host, event) => {
      if (event.type === 'started') return;
      const { type: status, role, number, title, milliseconds, output } = event;
      const shown = output === '' ? {} : { output };
      tell({
        type: 'step',
        host: host.name,
        role,
        number,
        title,
        status,
        duration_ms: milliseconds,
        ...shown,
      });
    },
    note: (host, text) => tell({ type: 'note', host: host.name, text }),
    problem: ({ host, roles, status, reason }) =>
      tell({ type: 'problem', host, roles, status, reason }),
    close: () => {},
  };
}

const COLOURS = { changed: 33, pending: 33, failed: 31, unchanged: 32, skipped: 35 } as const;

/**
 * For a person: a line for everything that changed or went wrong, and on a terminal, below, a line for each host with
 * the step in hand. `verbose` shows unchanged steps and what steps printed.
 */
export function plainListener(terminal: Terminal): ListenerToClose {
  const status = new Map<string, { done: number; of: number; now: string; since: number }>();
  let drawn = 0;
  const paint = (word: keyof typeof COLOURS, text: string = word) =>
    terminal.colour ? `\x1b[${COLOURS[word]}m${text}\x1b[0m` : text;
  const erase = () => {
    if (drawn > 0) terminal.err(`\x1b[${drawn}A\x1b[J`);
    drawn = 0;
  };
  const draw = () => {
    if (!terminal.live || status.size === 0) return;
    erase();
    const width = (process.stderr.columns ?? 80) - 1;
    const rows = [...status].slice(0, Math.max(1, (process.stderr.rows ?? 24) - 2));
    for (const [host, { done, of, now, since }] of rows) {
      const seconds = Math.floor((Date.now() - since) / 1000);
      terminal.err(`${`${host} ${done}/${of} ${now} ${seconds} s`.slice(0, width)}\n`);
    }
    drawn = rows.length;
  };
  const line = (text: string) => {
    erase();
    terminal.err(`${text}\n`);
    draw();
  };
  const timer = setInterval(draw, 250).unref();
  const set = (host: Host, change: Partial<{ done: number; of: number; now: string }>) => {
    const before = status.get(host.name) ?? { done: 0, of: 0, now: '', since: Date.now() };
    status.set(host.name, {
      ...before,
      ...change,
      since: 'now' in change ? Date.now() : before.since,
    });
  };
  return {
    connected: () => {},
    begun: (part: Part, steps: number) => {
      const now = part.roles.map(({ name }) => name).join(', ');
      const { done = 0 } = status.get(part.host.name) ?? {};
      set(part.host, { of: done + steps, done, now });
      draw();
    },
    transfer: (host, { title, items, sent, bytes, pending }) => {
      const megabytes = (count: number) => Math.round(count / 1e6);
      const mark = pending ? `${paint('pending', 'pending'.padEnd(9))}  ` : '';
      if (sent === 0)
        line(`${host.name}  ${mark}${title}: ${bare(items.join(', '))} (${megabytes(bytes)} MB)`);
      const now = `${title}, ${megabytes(sent)} of ${megabytes(bytes)} MB`;
      if (status.get(host.name)?.now !== now) set(host, { now });
    },
    step: (host: Host, event: StepEvent) => {
      const { type, role, title, milliseconds, output } = event;
      if (type === 'started') {
        set(host, { now: `${role}: ${title}` });
        return;
      }
      set(host, { done: (status.get(host.name)?.done ?? 0) + 1 });
      if (type === 'unchanged' && !terminal.verbose) return;
      const time = milliseconds >= 1000 ? `  ${(milliseconds / 1000).toFixed(1)} s` : '';
      line(`${host.name}  ${paint(type, type.padEnd(9))}  ${role}: ${title}${time}`);
      const shown = type === 'pending' || (terminal.verbose && type === 'changed');
      if (shown && output !== '') line(indent(bare(output).trimEnd()));
    },
    note: (host, text) =>
      line(`${host.name}  ${paint('skipped', 'waiting'.padEnd(9))}  ${bare(text)}`),
    problem: (outcome: Outcome) => {
      const gentle = outcome.status === 'skipped' || outcome.status === 'interrupted';
      const word = gentle ? 'skipped' : 'failed';
      line(`${outcome.host}  ${paint(word, outcome.status)}  ${outcome.roles.join(', ')}`);
      line(indent(bare(outcome.reason)));
    },
    close: () => {
      clearInterval(timer);
      erase();
    },
  };
}

function indent(text: string): string {
  return text.replace(/^/gm, '    ');
}
