const started: (() => Promise<unknown>)[] = [];

/** Notes how something that was started is ended. */
export function ends(end: () => Promise<unknown>): void {
  started.push(end);
}

/** Ends everything that was started, the last first. */
export async function endAll(): Promise<void> {
  for (let end = started.pop(); end; end = started.pop()) await end();
}
