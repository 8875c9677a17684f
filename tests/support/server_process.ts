/** A server of somebody else's as a process of its own: it listens when it is there, and ends. */
import { setTimeout as pause } from "node:timers/promises";
import { soon } from "../e2e/house.ts";
import { isOpen } from "./free_port.ts";
import { pathOf } from "./program.ts";

/** What is started. */
export interface ServerProgram {
  readonly program: string;
  readonly args: readonly string[];
  readonly env?: Record<string, string>;
  /** Where it is to listen, on 127.0.0.1. */
  readonly port: number;
}

/** A running server. */
export class ServerProcess implements AsyncDisposable {
  readonly #program: string;
  readonly #child: Deno.ChildProcess;
  readonly #heard: Promise<void>;
  #hasEnded = false;
  #log = "";
  #wake = Promise.withResolvers<void>();

  private constructor(program: string, child: Deno.ChildProcess) {
    this.#program = program;
    this.#child = child;
    this.#heard = this.#hear(child.stderr);
    void child.status.then(() => void (this.#hasEnded = true));
  }

  /** Resolves when it listens. @throws {Error} with what it said when it ends before that. */
  static async start({ program, args, env = {}, port }: ServerProgram): Promise<ServerProcess> {
    const path = await pathOf(program);
    if (path === undefined) throw new Error(`${program} is missing.`);
    const command = new Deno.Command(path, {
      args: [...args],
      env,
      stdin: "null",
      stdout: "null",
      stderr: "piped",
    });
    const server = new ServerProcess(program, command.spawn());
    try {
      await soon(server.#listens(port), `${program} on port ${port}`);
      return server;
    } catch (error) {
      await server[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** What it said so far. */
  get log(): string {
    return this.#log;
  }

  /** Resolves when what it said matches; for ever, if it never does. */
  async says(what: RegExp): Promise<void> {
    while (!what.test(this.#log)) await this.#wake.promise;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // Its own way to end takes its helpers with it.
    for (const signal of ["SIGTERM", "SIGKILL"] as const) {
      if (this.#hasEnded) break;
      this.#child.kill(signal);
      await soon(this.#child.status, `the end of ${this.#program}`, 5_000).catch(() => {});
    }
    await soon(this.#heard, `the end of what ${this.#program} says`);
  }

  async #listens(port: number): Promise<void> {
    while (!await isOpen(port)) {
      if (this.#hasEnded) {
        await this.#heard;
        throw new Error(`${this.#program} has ended:\n${this.#log}`);
      }
      await pause(20);
    }
  }

  async #hear(stderr: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<void> {
    for await (const text of stderr.pipeThrough(new TextDecoderStream())) {
      this.#log += text;
      this.#wake.resolve();
      this.#wake = Promise.withResolvers();
    }
  }
}
