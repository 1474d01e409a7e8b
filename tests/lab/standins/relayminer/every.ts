/**
 * Runs a task now and again `ms` after each end; failures go to `onError`. Returns what stops it, which resolves once a
 * run that is under way has ended.
 */
export function every(
  ms: number,
  task: () => Promise<void>,
  onError: (error: unknown) => void,
): () => Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;
  const run = async () => {
    await task().catch(onError);
    if (!stopped)
      timer = setTimeout(() => {
        underWay = run();
      }, ms);
  };
  let underWay = run();
  return () => {
    stopped = true;
    clearTimeout(timer);
    return underWay;
  };
}
