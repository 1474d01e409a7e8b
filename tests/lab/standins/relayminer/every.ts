/** Runs a task now and again `ms` after each end; failures go to `onError`. Returns what stops it. */
export function every(
  ms: number,
  task: () => Promise<void>,
  onError: (error: unknown) => void,
): () => void {
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;
  const run = async () => {
    await task().catch(onError);
    if (!stopped) timer = setTimeout(run, ms);
  };
  void run();
  return () => {
    stopped = true;
    clearTimeout(timer);
  };
}
