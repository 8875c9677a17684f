/** `deno task broker-config … --watch --json` as a process, with the permissions it has as a task. */
import { soon } from "./house.ts";
import { spawned } from "./task.ts";

// deno-lint-ignore no-explicit-any -- each event has members of its own
type Event = Record<string, any>;

/** A watcher and what it said. */
export class BrokerWatcher implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #events: Event[] = [];
  readonly #output: Promise<void>;
  readonly #complaints: Promise<string>;
  #wake = Promise.withResolvers<void>();

  constructor(args: readonly string[]) {
    this.#child = spawned("broker-config", ...args, "--watch", "--json");
    this.#output = this.#read();
    this.#complaints = new Response(this.#child.stderr).text();
  }

  /** What it says next, of that type; what came before is skipped. */
  async says(type: string): Promise<Event> {
    const comes = async () => {
      for (;;) {
        const event = this.#events.shift();
        if (event?.type === type) return event;
        if (!event) await this.#wake.promise;
      }
    };
    return await soon(comes(), `${type} from the watcher`);
  }

  /** Asks it to end; its exit code and what it complained of. */
  async end(signal: Deno.Signal): Promise<{ code: number; complained: string }> {
    this.#child.kill(signal);
    const { code } = await soon(this.#child.status, "the end of the watcher");
    return { code, complained: await this.#complaints };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      this.#child.kill("SIGKILL");
    } catch {
      // It has ended already.
    }
    await this.#child.status;
    await this.#complaints;
    await this.#output;
  }

  async #read(): Promise<void> {
    let text = "";
    for await (const piece of this.#child.stdout.pipeThrough(new TextDecoderStream())) {
      const lines = (text + piece).split("\n");
      text = lines.pop()!;
      this.#events.push(...lines.map((line) => JSON.parse(line)));
      this.#wake.resolve();
      this.#wake = Promise.withResolvers();
    }
  }
}
