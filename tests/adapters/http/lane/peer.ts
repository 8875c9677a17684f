/** A peer as a raw socket: what it sends, what it is answered, and how its connection ends. */
import { connect } from "node:net";
import type { Socket } from "node:net";

/** One answer as it came. */
export interface RawAnswer {
  readonly status: number;
  /** As it came, with its empty line. */
  readonly head: string;
  readonly fields: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** Nothing here takes longer, unless something is wrong. */
const PATIENCE_MS = 8_000;

export class Peer implements AsyncDisposable {
  readonly #socket: Socket;
  /** What came last, in pieces, behind what is looked at. */
  #came: Buffer[] = [];
  #looked: Buffer = Buffer.alloc(0);
  /** How many bytes came in all. */
  bytes = 0;
  /** After so many it takes no more. */
  #enough = Infinity;
  #wake = () => {};
  #isClosed = false;
  /** It was cut, not closed. */
  wasReset = false;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on("data", (piece: Buffer) => {
      this.#came.push(piece);
      this.bytes += piece.length;
      if (this.bytes >= this.#enough) this.pause();
      this.#wake();
    });
    socket.on("error", () => void (this.wasReset = true));
    socket.on("close", () => {
      this.#isClosed = true;
      this.#wake();
    });
  }

  static async connect(port: number, allowHalfOpen = false): Promise<Peer> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const socket = connect({ port, host: "127.0.0.1", allowHalfOpen }, resolve);
    socket.once("error", reject);
    await promise;
    socket.off("error", reject);
    return new Peer(socket);
  }

  /** Resolves when it left. */
  async send(text: string): Promise<void> {
    await new Promise<void>((resolve) => this.#socket.write(text, "latin1", () => resolve()));
  }

  /** It will send no more. */
  end(): void {
    this.#socket.end();
  }

  /** It is gone without a word. */
  reset(): void {
    this.#socket.resetAndDestroy();
  }

  /** It takes no more, until it is told to. */
  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#enough = Infinity;
    this.#socket.resume();
  }

  /** It takes so many more, and then no more. */
  async take(count: number): Promise<void> {
    this.#enough = this.bytes + count;
    this.#socket.resume();
    await this.until("more", () => this.bytes >= this.#enough);
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** The next answer; its body is as long as it says, and not there behind a HEAD or with 304. */
  async answer(isHead = false): Promise<RawAnswer> {
    await this.until("an answer", () => this.#look().includes("\r\n\r\n"));
    const end = this.#looked.indexOf("\r\n\r\n") + 4;
    const head = this.#looked.toString("latin1", 0, end);
    const [line, ...lines] = head.trimEnd().split("\r\n");
    const status = Number(line!.split(" ")[1]);
    const fields = Object.fromEntries(lines.map((line) => {
      const colon = line.indexOf(":");
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
    }));
    const all = end + (isHead || status === 304 ? 0 : Number(fields["content-length"]));
    await this.until("a body", () => this.#came.reduce(sum, this.#looked.length) >= all);
    const body = this.#look().subarray(end, all);
    this.#looked = this.#looked.subarray(all);
    return { status, head, fields, body };
  }

  /** Whatever still comes, until the connection is closed. */
  async rest(): Promise<string> {
    this.resume();
    await this.until("the end of the connection", () => this.#isClosed);
    return this.#look().toString("latin1");
  }

  /** Waits until it holds; looks whenever something comes. */
  async until(what: string, holds: () => boolean): Promise<void> {
    const late = performance.now() + PATIENCE_MS;
    while (!holds()) {
      const ms = late - performance.now();
      if (ms < 0 || this.#isClosed) throw new Error(`Never came: ${what}; but: ${this.#shown()}`);
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#wake = resolve;
      const timer = setTimeout(resolve, ms);
      await promise;
      clearTimeout(timer);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#socket.destroy();
    while (!this.#isClosed) await new Promise<void>((resolve) => this.#wake = resolve);
  }

  #look(): Buffer {
    if (this.#came.length > 0) this.#looked = Buffer.concat([this.#looked, ...this.#came]);
    this.#came = [];
    return this.#looked;
  }

  #shown(): string {
    return JSON.stringify(this.#look().toString("latin1", 0, 500));
  }
}

function sum(all: number, { length }: Buffer): number {
  return all + length;
}
