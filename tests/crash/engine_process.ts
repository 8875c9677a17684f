/** `deno task serve` as a process of its own, which can be killed and started again. */
import { soon } from "../e2e/house.ts";
import { freePort } from "../support/free_port.ts";

/** The root of the repository. */
export const ROOT = new URL("../../", import.meta.url);
/** The operator's token of every engine that is started here. */
export const TOKEN = "operator-token-of-this-test";
/** A start that takes longer has failed. */
const START_MS = 30_000;

/** An engine on ports and a data folder that stay the same from one start to the next. */
export class EngineProcess implements AsyncDisposable {
  readonly httpUrl: string;
  readonly mqttUrl: string;
  readonly #command: Deno.Command;
  /** Whether another command has to become the engine first. */
  readonly #isBelow: boolean;
  #child: Deno.ChildProcess | undefined;
  #output: Promise<unknown> = Promise.resolve();
  #said = "";
  #complained = Promise.withResolvers<void>();
  #up = Promise.withResolvers<void>();

  private constructor(
    data: string,
    http: number,
    mqtt: number,
    above: readonly string[],
    flags: readonly string[],
  ) {
    const addresses = [`127.0.0.1:${http}`, `127.0.0.1:${mqtt}`] as const;
    this.httpUrl = `http://${addresses[0]}`;
    this.mqttUrl = `mqtt://${addresses[1]}`;
    const task = JSON.parse(Deno.readTextFileSync(new URL("deno.json", ROOT))).tasks.serve.command;
    const words: string[] = task.split(" ").slice(1);
    const broker = flags.includes("--broker") ? [] : ["--mqtt", addresses[1]];
    const where = ["--data", data, "--http", addresses[0], ...broker];
    this.#isBelow = above.length > 0;
    const [program, ...args] = [...above, Deno.execPath(), ...words, ...where, ...flags];
    this.#command = new Deno.Command(program!, {
      args,
      cwd: ROOT,
      env: { OTALOG_OPERATOR_TOKEN: TOKEN, NO_COLOR: "1" },
      stdout: "piped",
      stderr: "piped",
    });
  }

  /**
   * An engine for the folder, on free ports; it is not started yet. `above` is a command that becomes
   * the engine, as its last arguments say; `flags` are more of `serve`.
   */
  static async on(
    data: string,
    above: readonly string[] = [],
    flags: readonly string[] = [],
  ): Promise<EngineProcess> {
    return new EngineProcess(data, await freePort(), await freePort(), above, flags);
  }

  /** The process now. */
  get pid(): number {
    return this.#child!.pid;
  }

  /** What all its processes complained of so far. */
  get said(): string {
    // strace, too, speaks there, of processes that vanish under its hands.
    return this.#said.replaceAll(/^\S*strace: dispatch_event: .*\n/gm, "");
  }

  /** Resolves when it has complained of that. */
  async complains(of: RegExp): Promise<void> {
    const matches = async () => {
      while (!of.test(this.said)) await this.#complained.promise;
    };
    await soon(matches(), `${of} among its complaints`, START_MS);
  }

  /** Resolves while the engine is ready, else with its next start. */
  up(): Promise<void> {
    return this.#up.promise;
  }

  /** Begins to start; false: it ended before it was ready. */
  async start(): Promise<boolean> {
    const child = this.#child = this.#spawn();
    const output = this.#output = this.#hear(child);
    const ready = Promise.race([this.#up.promise.then(() => true), output.then(() => false)]);
    const isReady = await soon(ready, "ready", START_MS);
    if (!isReady && this.#child === child) {
      await child.status;
      this.#child = undefined;
    }
    return isReady;
  }

  /** Ends the process by the signal; devices are told to wait before it falls. */
  async end(signal: Deno.Signal): Promise<number> {
    await this.#hasBegun();
    const before = this.#up;
    this.#up = Promise.withResolvers();
    // Whoever waits for a start that never came to its end waits for the next one.
    void this.#up.promise.then(before.resolve);
    this.#child?.kill(signal);
    const status = await soon(this.#child!.status, `the end by ${signal}`);
    await this.#output;
    this.#child = undefined;
    return status.code;
  }

  /**
   * Resolves when the command above has become the engine, or has ended. A strace that is killed before
   * leaves helpers behind, stopped for ever with our pipes open.
   */
  async #hasBegun(): Promise<void> {
    if (!this.#isBelow) return;
    const { pid } = this.#child!;
    const engine = await Deno.realPath(Deno.execPath());
    // What has ended has no program any more.
    const program = () => Deno.readLink(`/proc/${pid}/exe`).catch(() => engine);
    while (await program() !== engine) await new Promise((resolve) => setTimeout(resolve, 1));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child) await this.end("SIGKILL");
  }

  #spawn(): Deno.ChildProcess {
    try {
      return this.#command.spawn();
    } catch (error) {
      throw new Error("A program is missing. Install it (Debian: strace, util-linux).", {
        cause: error,
      });
    }
  }

  async #hear({ stdout, stderr }: Deno.ChildProcess): Promise<void> {
    const up = this.#up;
    const complaints = this.#listen(stderr);
    let text = "";
    for await (const part of stdout.pipeThrough(new TextDecoderStream())) {
      text += part;
      if (/^ready /m.test(text)) up.resolve();
    }
    await complaints;
  }

  async #listen(stderr: Deno.ChildProcess["stderr"]): Promise<void> {
    for await (const part of stderr.pipeThrough(new TextDecoderStream())) {
      this.#said += part;
      this.#complained.resolve();
      this.#complained = Promise.withResolvers();
    }
  }
}

/**
 * Tampers with system calls, as strace(1) wants to hear it after `inject=`. strace runs beside the
 * engine, not above it (`-D`): signals go to the engine itself.
 */
export function underStrace(fault: string): string[] {
  return ["strace", "-D", "-f", "--seccomp-bpf", ...tampering(fault)];
}

/** The arguments of strace that tamper with these calls and say nothing. */
export function tampering(fault: string): string[] {
  const calls = fault.split(":")[0];
  return ["-o", "/dev/null", "-e", "signal=none", "-e", `trace=${calls}`, "-e", `inject=${fault}`];
}
