/** What the client said about one relay. */
export interface Said {
  /** The exit status of its container. */
  status: number;
  milliseconds: number;
  text: string;
}

/** What changed between before the first relay and after the last one. */
export interface Changes {
  /** Keys in Redis that were not there before. */
  streams: number;
  trees: number;
  sessions: number;
  marks: number;
  /** Keys with the session of a simulated relay in their name, whenever they were made. */
  named: number;
  /** Entries that were ever added to the supplier's stream of relays. */
  entries: number;
  /** Those of them that are of simulated relays, of as many as are still there. */
  simulatedEntries: number;
  /** Counters of the relayer on the host that asked. */
  published: number;
  skipped: number;
  received: number;
  simulated: number;
}

/** The output of the probe, read. */
export interface Answers {
  relays: ReadonlyMap<number, Said>;
  /** Absent where it could not be counted, or the probe did not come so far. */
  changes?: Changes;
  /** Why it could not be counted. */
  uncounted?: string;
}

/** Reads what the probe prints. Throws on a line that it cannot have printed. */
export function readAnswers(output: string): Answers {
  const relays = new Map<number, Said>();
  const numbers = new Map<string, number[]>();
  let uncounted: string | undefined;
  for (const line of output.split('\n').filter(Boolean)) {
    const [word = '', ...rest] = line.split(' ');
    if (word === 'relay') {
      const [index, status, milliseconds] = rest.map(Number) as [number, number, number];
      const text = Buffer.from(rest[3] ?? '', 'base64').toString();
      relays.set(index, { status, milliseconds, text });
    } else if (word === 'uncounted') uncounted = rest.join(' ');
    else numbers.set(word, rest.map(Number));
  }
  const changes = changesOf(numbers);
  return { relays, ...(changes && { changes }), ...(uncounted !== undefined && { uncounted }) };
}

function changesOf(numbers: ReadonlyMap<string, number[]>): Changes | undefined {
  const [fresh, named, entries, counters] = ['new', 'named', 'entries', 'counters'].map((word) =>
    numbers.get(word),
  );
  if (!fresh || !named || !entries || !counters) return undefined;
  if ([...fresh, ...named, ...entries, ...counters].some(Number.isNaN))
    throw new Error('a count that is no number');
  const [streams, trees, sessions, marks] = fresh as [number, number, number, number];
  const grown = (index: number) => counters[index + 4]! - counters[index]!;
  return {
    ...{ streams, trees, sessions, marks, named: named[0]! },
    entries: entries[1]! - entries[0]!,
    simulatedEntries: entries[2] ?? 0,
    ...{ published: grown(0), skipped: grown(1), received: grown(2), simulated: grown(3) },
  };
}
