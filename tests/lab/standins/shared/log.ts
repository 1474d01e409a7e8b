/** Log lines of stand-ins: JSON on stderr, every line saying that a stand-in wrote it. */

export type Fields = Record<string, unknown>;
export type Log = Record<
  'debug' | 'info' | 'warn' | 'error',
  (message: string, fields?: Fields) => void
>;

const levels = ['debug', 'info', 'warn', 'error'] as const;

/** Makes a logger for the stand-in `name`; lines below `level` are dropped, `text` is for people. */
export function logger(name: string, level = 'info', format: 'json' | 'text' = 'json'): Log {
  const threshold = Math.max(0, levels.indexOf(level as (typeof levels)[number]));
  const write =
    (of: (typeof levels)[number]) =>
    (message: string, fields: Fields = {}) => {
      if (levels.indexOf(of) < threshold) return;
      const time = new Date().toISOString();
      const line =
        format === 'json'
          ? JSON.stringify({ level: of, time, standin: name, message, ...fields })
          : `${time} ${of.toUpperCase()} [stand-in ${name}] ${message} ${JSON.stringify(fields)}`;
      process.stderr.write(`${line}\n`);
    };
  return { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') };
}

/** The text of anything thrown. */
export function reason(error: unknown): string {
  return error instanceof Error ? error.message || error.name : String(error);
}
