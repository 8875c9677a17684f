/** Who talks through a bad network in its tests: a target, and whoever connects. No wait is for ever. */
import { setTimeout as pause } from "node:timers/promises";
import { randomImage, soon } from "../../e2e/house.ts";

/** How a stream came to its end. */
export type StreamEnd = "end" | "reset";

/** One side of a connection. */
export class Peer implements Disposable {
  readonly #conn: Deno.TcpConn;
  #isClosed = false;
  /** How many bytes its kernel took from it. */
  sent = 0;

  constructor(conn: Deno.TcpConn) {
    this.#conn = conn;
    conn.setNoDelay(true);
  }

  /** Connects to a port of 127.0.0.1. */
  static async to({ port }: { port: number }): Promise<Peer> {
    return new Peer(await soon(Deno.connect({ hostname: "127.0.0.1", port }), `port ${port}`));
  }

  /** Sends all, for as long as it takes. */
  async send(bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    for (let at = 0; at < bytes.length;) {
      const taken = await this.#conn.write(bytes.subarray(at));
      at += taken;
      this.sent += taken;
    }
  }

  /** Sends no more. */
  async finish(): Promise<void> {
    await this.#conn.closeWrite();
  }

  /** How many bytes came next, or which end. */
  async read(room: Uint8Array<ArrayBuffer>): Promise<number | StreamEnd> {
    try {
      return await this.#conn.read(room) ?? "end";
    } catch (error) {
      if (error instanceof Deno.errors.ConnectionReset) return "reset";
      throw error;
    }
  }

  /** The next `count` bytes. @throws {Error} if the stream ends before. */
  async take(count: number): Promise<Uint8Array<ArrayBuffer>> {
    const bytes = new Uint8Array(count);
    for (let at = 0; at < count;) {
      const read = await soon(this.read(bytes.subarray(at)), `${count - at} more bytes`);
      if (typeof read === "string") throw new Error(`${read} with ${count - at} bytes to come`);
      at += read;
    }
    return bytes;
  }

  /** How many bytes come until the end, and which end that is. */
  async rest(): Promise<{ bytes: number; end: StreamEnd }> {
    const room = new Uint8Array(65_536);
    for (let bytes = 0;;) {
      const read = await soon(this.read(room), "the end of the stream");
      if (typeof read === "string") return { bytes, end: read };
      bytes += read;
    }
  }

  /** Closes it: with bytes that it did not read, that is a reset. */
  [Symbol.dispose](): void {
    if (!this.#isClosed) this.#conn.close();
    this.#isClosed = true;
  }
}

/** Listens on a port of 127.0.0.1, and does the same with each who comes. */
export class Target implements AsyncDisposable {
  readonly #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  readonly #accepts: Promise<void>;
  /** Whoever came. */
  readonly peers: Peer[] = [];
  /** How the stream of each ends; rejects when it cannot be served. */
  readonly ends: Promise<StreamEnd>[] = [];

  constructor(serve: (peer: Peer) => Promise<StreamEnd>) {
    this.#accepts = this.#accept(serve);
  }

  /** Where it listens. */
  get at(): { host: string; port: number } {
    const { hostname, port } = this.#listener.addr as Deno.NetAddr;
    return { host: hostname, port };
  }

  async #accept(serve: (peer: Peer) => Promise<StreamEnd>): Promise<void> {
    for await (const conn of this.#listener) {
      const peer = new Peer(conn as Deno.TcpConn);
      this.peers.push(peer);
      const end = serve(peer);
      // Whether it could be served concerns only the test that asks for it.
      end.catch(() => {});
      this.ends.push(end);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    await soon(this.#accepts, "the end of the target");
    for (const peer of this.peers) peer[Symbol.dispose]();
    await soon(Promise.allSettled(this.ends), "the end of all it serves");
  }
}

/** Sends back whatever comes, and ends when that does. */
export function echo(): Target {
  return new Target(async (peer) => {
    const room = new Uint8Array(65_536);
    for (;;) {
      const read = await peer.read(room);
      if (typeof read === "number") {
        await peer.send(room.slice(0, read));
        continue;
      }
      if (read === "end") await peer.finish();
      return read;
    }
  });
}

/** Sends so many bytes to whoever comes, and ends. */
export function spring(bytes: number): Target {
  const image = randomImage(bytes);
  return new Target(async (peer) => {
    await peer.send(image);
    await peer.finish();
    return (await peer.rest()).end;
  });
}

/** A word, and the same back. */
export async function talk(peer: Peer): Promise<void> {
  await peer.send(Uint8Array.of(1, 2, 3, 4, 5));
  await peer.take(5);
}

/** Resolves when it is so. */
export async function until(isSo: () => boolean, what: string): Promise<void> {
  const limit = performance.now() + 20_000;
  while (!isSo()) {
    if (performance.now() > limit) throw new Error(`Never came: ${what}`);
    await pause(1);
  }
}

/** How many milliseconds it takes. */
export async function took(what: Promise<unknown>): Promise<number> {
  const started = performance.now();
  await what;
  return performance.now() - started;
}
