/** `deno task serve` as a process of its own, with the permissions it has there. */
import { soon } from "./house.ts";
import { ROOT } from "./task.ts";

/** The token of its operator. */
export const TOKEN = "operator-token-of-this-test";

/** How it ended, and what it said to whom. */
export interface ServeEnd {
  readonly code: number;
  /** On stderr. */
  readonly said: string;
  /** On stdout, after it was ready. */
  readonly printed: string;
}

/** A running engine; it ends with its scope. */
export class Serve implements AsyncDisposable {
  /** Resolves with the line that says so; empty: it ended before. */
  readonly ready: Promise<string>;
  readonly #child: Deno.ChildProcess;
  readonly #printed: Promise<string>;
  readonly #heard: Promise<void>;
  /** All of what it printed so far. */
  shown = "";
  #said = "";
  #wake = Promise.withResolvers<void>();

  /** `root`: of this project, or of a copy of it. */
  constructor(args: readonly string[], root: URL = ROOT) {
    const task = JSON.parse(Deno.readTextFileSync(new URL("deno.json", root))).tasks.serve.command;
    const [, ...words] = task.split(" ");
    this.#child = new Deno.Command(Deno.execPath(), {
      args: [...words, ...args],
      cwd: root,
      env: { OTALOG_OPERATOR_TOKEN: TOKEN, NO_COLOR: "1" },
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    const { promise, resolve } = Promise.withResolvers<string>();
    this.ready = promise;
    this.#printed = this.#read(resolve);
    this.#heard = this.#hear();
  }

  get pid(): number {
    return this.#child.pid;
  }

  kill(signal: Deno.Signal): void {
    this.#child.kill(signal);
  }

  /** Resolves when what it said on stderr matches. */
  async says(what: RegExp): Promise<void> {
    while (!what.test(this.#said)) await soon(this.#wake.promise, `${what}: ${this.#said}`);
  }

  async end(): Promise<ServeEnd> {
    const { code } = await soon(this.#child.status, "the end of the process");
    await this.#heard;
    return { code, said: this.#said.trim(), printed: await this.#printed };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      this.#child.kill("SIGKILL");
    } catch {
      // It has ended already.
    }
    await this.end();
  }

  /** Gives what is printed after the line that says that it is ready. */
  async #read(onReady: (line: string) => void): Promise<string> {
    let text = "";
    let isReady = false;
    for await (const part of this.#child.stdout.pipeThrough(new TextDecoderStream())) {
      text += part;
      this.shown += part;
      const line = isReady ? undefined : /^ready .*\n/m.exec(text);
      if (!line) continue;
      text = text.slice(line.index + line[0].length);
      isReady = true;
      onReady(line[0].trimEnd());
    }
    onReady("");
    return text;
  }

  async #hear(): Promise<void> {
    for await (const part of this.#child.stderr.pipeThrough(new TextDecoderStream())) {
      this.#said += part;
      this.#wake.resolve();
      this.#wake = Promise.withResolvers();
    }
  }
}
