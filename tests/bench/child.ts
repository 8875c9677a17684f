/** Another process of Deno's, which is measured or measures: it says lines, and is told lines. */
import { soon } from "../e2e/house.ts";

const ROOT = new URL("../../", import.meta.url);
/** A line that does not come within so long means that the other side hangs. */
const LINE_MS = 300_000;

/** The process; it ends with the measurement, whatever happens. */
export class Child implements AsyncDisposable {
  readonly #process: Deno.ChildProcess;
  readonly #lines: ReadableStreamDefaultReader<string>;
  readonly #complaint: Promise<string>;
  readonly #input: WritableStreamDefaultWriter<Uint8Array<ArrayBuffer>>;
  #text = "";

  /** Starts Deno with these arguments in the root of the repository. */
  constructor(args: readonly string[], env: Record<string, string> = {}) {
    this.#process = new Deno.Command(Deno.execPath(), {
      args: [...args],
      cwd: ROOT,
      env: { NO_COLOR: "1", ...env },
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    this.#lines = this.#process.stdout.pipeThrough(new TextDecoderStream()).getReader();
    this.#complaint = new Response(this.#process.stderr).text();
    this.#input = this.#process.stdin.getWriter();
  }

  /** A script of `scripts/`, told what to do as JSON. */
  static script(name: string, task: object): Child {
    const path = new URL(`scripts/${name}.ts`, import.meta.url).pathname;
    return new Child(["run", "--quiet", "--allow-all", path, JSON.stringify(task)]);
  }

  get pid(): number {
    return this.#process.pid;
  }

  /** The rest of the next line that begins so. @throws {Error} with its complaint when it ends. */
  async line(begin: string): Promise<string> {
    for (;;) {
      const end = this.#text.indexOf("\n");
      const line = this.#text.slice(0, end);
      if (end >= 0) this.#text = this.#text.slice(end + 1);
      if (end >= 0 && line.startsWith(begin)) return line.slice(begin.length);
      if (end >= 0) continue;
      const { value, done } = await soon(this.#lines.read(), `a line "${begin}"`, LINE_MS);
      if (done) throw new Error(`It ended without "${begin}": ${await this.#complaint}`);
      this.#text += value;
    }
  }

  /** Tells it something. */
  async tell(line: string): Promise<void> {
    await this.#input.write(new TextEncoder().encode(`${line}\n`));
  }

  /** Asks it to end, as a supervisor does; one that does not is killed. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#signal("SIGTERM");
    await soon(this.#process.status, "its end", 10_000).catch(() => this.#signal("SIGKILL"));
    await this.#process.status;
    await this.#input.close().catch(() => {});
    while (!(await this.#lines.read()).done);
    await this.#complaint;
  }

  #signal(signal: Deno.Signal): void {
    try {
      this.#process.kill(signal);
    } catch {
      // It has ended already.
    }
  }
}
