/** Signals that ask the process to end. */

const SIGNALS = ["SIGINT", "SIGTERM"] as const;

/** Resolves at the first of them. */
export async function askedToEnd(): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  using _ = listening(resolve);
  await promise;
}

/** Runs it to its end; when the process is asked to end before, the signal aborts with the sentence. */
export async function untilAskedToEnd<T>(
  sentence: string,
  run: (stop: AbortSignal) => Promise<T>,
): Promise<T> {
  const stop = new AbortController();
  using _ = listening(() => stop.abort(new Error(sentence)));
  return await run(stop.signal);
}

function listening(call: () => void): Disposable {
  for (const signal of SIGNALS) Deno.addSignalListener(signal, call);
  return {
    [Symbol.dispose]: () => {
      for (const signal of SIGNALS) Deno.removeSignalListener(signal, call);
    },
  };
}
