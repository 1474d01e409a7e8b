/**
 * Resolves once the process is told to end. Called before anybody is told that it serves: until somebody listens, the
 * signal itself would end it.
 */
export function toldToEnd(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT']) process.once(signal, () => resolve());
  });
}
