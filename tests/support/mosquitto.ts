/** The real Mosquitto as a process of its own, which can be ended, stopped and started again. */
import { soon } from "../e2e/house.ts";
import { freePort, isOpen } from "./free_port.ts";
import { pathOf } from "./program.ts";

/** A developer without Mosquitto goes on; CI has it and may not. */
export const ignoresMosquitto = Deno.env.get("CI") === undefined &&
  await pathOf("mosquitto") === undefined;

/** A broker on ports and a folder that stay the same from one start to the next. */
export class Mosquitto implements AsyncDisposable {
  /** Where it listens, on 127.0.0.1. */
  readonly ports: readonly number[];
  readonly #config: string;
  #child: Deno.ChildProcess | undefined;
  #heard: Promise<void> = Promise.resolve();
  #log = "";
  #wake = Promise.withResolvers<void>();

  private constructor(config: string, ports: readonly number[]) {
    this.#config = config;
    this.ports = ports;
  }

  /** Starts it with a configuration file, which says that it listens on these ports. */
  static async withFile(config: string, ports: readonly number[]): Promise<Mosquitto> {
    const broker = new Mosquitto(config, ports);
    await broker.start();
    return broker;
  }

  /**
   * Starts it with these lines of settings on `listeners` free ports. With `persistence true` its
   * database lies in the folder.
   */
  static async withSettings(
    folder: string,
    settings: readonly string[],
    listeners = 1,
  ): Promise<Mosquitto> {
    const ports: number[] = [];
    for (let n = 0; n < listeners; n++) ports.push(await freePort());
    const config = `${folder}/mosquitto.conf`;
    const lines = [
      ...ports.map((port) => `listener ${port} 127.0.0.1`),
      `persistence_location ${folder}/`,
      ...settings,
    ];
    await Deno.writeTextFile(config, `${lines.join("\n")}\n`);
    return await Mosquitto.withFile(config, ports);
  }

  /** The URL of a listener, the first unless said otherwise. */
  url(listener = 0): string {
    return `mqtt://127.0.0.1:${this.ports[listener]}`;
  }

  /** The process now. */
  get pid(): number {
    return this.#child!.pid;
  }

  /** What all its processes said so far. */
  get log(): string {
    return this.#log;
  }

  /** Resolves when the log, from that character on, matches; fails when the process has ended. */
  async says(what: RegExp, from = 0): Promise<void> {
    const matches = async () => {
      while (!what.test(this.#log.slice(from))) {
        if (await this.#ends(this.#wake.promise)) throw this.#hasEnded(from);
      }
    };
    await soon(matches(), `${what} in the log of Mosquitto`);
  }

  /** Starts it, on the same ports; resolves when it listens. @throws {Error} with what it said. */
  async start(): Promise<void> {
    const from = this.#log.length;
    const child = this.#child = await this.#spawn();
    this.#heard = this.#hear(child.stderr);
    try {
      await soon(this.#listens(from), "the listeners of Mosquitto");
    } catch (error) {
      await this[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Sends a signal that does not end it: SIGHUP, SIGSTOP, SIGCONT. */
  signal(signal: Deno.Signal): void {
    this.#child!.kill(signal);
  }

  /** Ends it: SIGKILL also when it was stopped. */
  async end(signal: Deno.Signal = "SIGTERM"): Promise<void> {
    const child = this.#child!;
    try {
      child.kill(signal);
    } catch (error) {
      // It has ended by itself.
      if (!(error instanceof TypeError || error instanceof Deno.errors.NotFound)) throw error;
    }
    await soon(child.status, `the end of Mosquitto by ${signal}`);
    await this.#heard;
    this.#child = undefined;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child) await this.end("SIGKILL");
  }

  /** What it says at its start depends on its settings: so its ports are tried. */
  async #listens(from: number): Promise<void> {
    for (const port of this.ports) {
      while (!await isOpen(port)) {
        const { promise, resolve } = Promise.withResolvers<void>();
        const timer = setTimeout(resolve, 20);
        const isOver = await this.#ends(promise).finally(() => clearTimeout(timer));
        if (isOver) throw this.#hasEnded(from);
      }
    }
  }

  /** Whether the process ends before the promise resolves. */
  async #ends(before: Promise<void>): Promise<boolean> {
    return await Promise.race([before.then(() => false), this.#heard.then(() => true)]);
  }

  #hasEnded(from: number): Error {
    return new Error(`Mosquitto has ended:\n${this.#log.slice(from)}`);
  }

  async #spawn(): Promise<Deno.ChildProcess> {
    const program = await pathOf("mosquitto");
    if (program === undefined) throw new Error("Mosquitto is missing (Debian: mosquitto).");
    return new Deno.Command(program, {
      args: ["-c", await readableFor(this.#config)],
      stdout: "null",
      stderr: "piped",
    }).spawn();
  }

  async #hear(stderr: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<void> {
    for await (const text of stderr.pipeThrough(new TextDecoderStream())) {
      this.#log += text;
      this.#wake.resolve();
      this.#wake = Promise.withResolvers();
    }
  }
}

/** As root, Mosquitto would become a user who may not read the folder of a test. */
async function readableFor(config: string): Promise<string> {
  if (Deno.uid() !== 0) return config;
  const asRoot = `${config}.as_root`;
  await Deno.writeTextFile(asRoot, `user root\n${await Deno.readTextFile(config)}`);
  return asRoot;
}
