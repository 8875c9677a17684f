/** Peers as raw sockets: what they send, when they read, and how it ends. */
import { connect } from "node:net";
import type { Socket } from "node:net";

/** Everything a socket gives until it is closed, sooner than for want of headers (10 s). */
export async function talk(port: number, text: string, sent = () => {}): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const parts: Uint8Array[] = [];
  const socket = connect(port, "127.0.0.1", () => socket.write(text, sent));
  const timer = setTimeout(() => reject(new Error("Never closed")), 8_000);
  socket.on("data", (part: Uint8Array) => parts.push(part));
  socket.on("error", () => {});
  socket.on("close", () => resolve(Buffer.concat(parts).toString("latin1")));
  return await promise.finally(() => {
    clearTimeout(timer);
    socket.destroy();
  });
}

/** A peer that asks, takes the first bytes of the answer, and reads on only when it is told. */
export class SlowPeer implements AsyncDisposable {
  readonly #socket: Socket;
  readonly #closed: Promise<void>;
  bytes = 0;

  private constructor(socket: Socket) {
    this.#socket = socket;
    this.#closed = new Promise((resolve) => socket.once("close", () => resolve()));
  }

  static async ask(port: number, head: readonly string[]): Promise<SlowPeer> {
    const socket = connect(port, "127.0.0.1", () => socket.write(head.join("\r\n") + "\r\n\r\n"));
    socket.on("error", () => {});
    const peer = new SlowPeer(socket);
    await new Promise<void>((resolve) => {
      socket.on("data", (part: Uint8Array) => {
        peer.bytes += part.length;
        socket.pause();
        resolve();
      });
    });
    return peer;
  }

  /** Reads whatever still comes, until the connection is closed. */
  async drain(): Promise<number> {
    this.#socket.removeAllListeners("data");
    this.#socket.on("data", (part: Uint8Array) => void (this.bytes += part.length));
    this.#socket.resume();
    await this.#closed;
    return this.bytes;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#socket.destroy();
    await this.#closed;
  }
}

/** Waits until it holds, at most five seconds. */
export async function until(what: string, holds: () => boolean): Promise<void> {
  for (let tries = 0; !holds(); tries++) {
    if (tries > 500) throw new Error(`Never came: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
