/** What a script of a measurement is told: its task as JSON, then lines. */

/** The task it was started with. */
export function taskOf<T>(): T {
  return JSON.parse(Deno.args[0]!) as T;
}

/** Calls back for each line that it is told. */
export async function onLine(call: (line: string) => void | Promise<void>): Promise<void> {
  let text = "";
  for await (const part of Deno.stdin.readable.pipeThrough(new TextDecoderStream())) {
    const lines = (text + part).split("\n");
    text = lines.pop()!;
    for (const line of lines) await call(line);
  }
}

/** Resolves when it is told anything. */
export async function told(): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  void onLine(() => resolve());
  await promise;
}
