/** The real process of an engine. */
import { soon } from "./house.ts";
import { ROOT } from "./task.ts";

/** The operator's token. */
export const TOKEN = "operator-token-of-this-test";

/** `deno task serve` with the permissions it has there. */
export class Serve implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #output: Promise<string>;
  /** The line that says so; empty when it ended before. */
  readonly ready: Promise<string>;
  /** What it showed until then. */
  shown = "";

  /** `root`: of this project, or of a copy of it. */
  constructor(args: string[], root: URL = ROOT) {
    const task = JSON.parse(Deno.readTextFileSync(new URL("deno.json", root))).tasks.serve.command;
    const [, ...words] = `${task} ${args.join(" ")}`.split(" ");
    this.#child = new Deno.Command(Deno.execPath(), {
      args: words,
      cwd: root,
      env: { OTALOG_OPERATOR_TOKEN: TOKEN, NO_COLOR: "1" },
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    this.#output = new Response(this.#child.stderr).text();
    this.ready = this.#readUntilReady();
  }

  async #readUntilReady(): Promise<string> {
    for await (const part of this.#child.stdout.pipeThrough(new TextDecoderStream())) {
      this.shown += part;
      const line = this.shown.split("\n").find((line) => line.startsWith("ready "));
      if (line) return line;
    }
    return "";
  }

  kill(signal: Deno.Signal): void {
    this.#child.kill(signal);
  }

  async end(): Promise<{ code: number; said: string }> {
    const { code } = await soon(this.#child.status, "the end of the process");
    return { code, said: (await this.#output).trim() };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      this.#child.kill("SIGKILL");
    } catch {
      // It has ended already.
    }
    await this.#child.status;
    await this.ready;
    await this.#output;
  }
}
