/** The real `deno task serve` as a process of its own, and an operator beside it. */
import { Operator } from "../e2e/house.ts";
import { Child } from "./child.ts";
import { Rss } from "./rss.ts";

const CONFIG = new URL("../../deno.json", import.meta.url);
const TOKEN = "operator-token-of-this-bench";
const ANY_PORT = "127.0.0.1:0";

/** A running engine; behind a proxy its URL is that of the proxy. */
export interface Serve extends AsyncDisposable {
  readonly httpUrl: string;
  readonly mqttUrl: string;
  readonly operator: Operator;
  /** The operator's, for requests of one's own. */
  readonly authorization: string;
  readonly rss: Rss;
  /** From the start of the process to its line `ready`. */
  readonly readyMs: number;
}

/** Starts it on a data folder, with the permissions it has there and more flags; resolves when it is ready. */
export async function serve(
  data: string,
  flags: readonly string[] = [],
  http = ANY_PORT,
): Promise<Serve> {
  const { tasks } = JSON.parse(await Deno.readTextFile(CONFIG));
  const [, ...words] = tasks.serve.command.split(" ");
  const args = [...words, "--data", data, "--http", http, "--mqtt", ANY_PORT, ...flags];
  const started = performance.now();
  const child = new Child(args, { OTALOG_OPERATOR_TOKEN: TOKEN });
  try {
    const [, httpUrl, mqttUrl] = /^http=(\S+) mqtt=(\S+)$/.exec(await child.line("ready "))!;
    const readyMs = performance.now() - started;
    return {
      httpUrl: httpUrl!,
      mqttUrl: mqttUrl!,
      readyMs,
      operator: new Operator(() => httpUrl!, () => TOKEN),
      authorization: `Bearer ${TOKEN}`,
      rss: new Rss(child.pid),
      [Symbol.asyncDispose]: () => child[Symbol.asyncDispose](),
    };
  } catch (error) {
    await child[Symbol.asyncDispose]();
    throw error;
  }
}
