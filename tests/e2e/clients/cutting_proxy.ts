/** A connection that breaks: what an engine answers passes up to a number of bytes, and once no further. */
import { connect, createServer } from "node:net";
import type { AddressInfo, Socket } from "node:net";

/** Stands before the host of a URL. */
export class CuttingProxy implements AsyncDisposable {
  readonly #sockets = new Set<Socket>();
  readonly #server;
  #left: number;
  #cuts = 0;

  private constructor(target: URL, cutAfter: number) {
    this.#left = cutAfter;
    this.#server = createServer((peer) => this.#join(peer, target));
  }

  /** Begins to listen; the first `cutAfter` bytes pass. */
  static async before(url: string, cutAfter: number): Promise<CuttingProxy> {
    const proxy = new CuttingProxy(new URL(url), cutAfter);
    await new Promise<void>((resolve) => proxy.#server.listen(0, "127.0.0.1", resolve));
    return proxy;
  }

  /** Its own base URL. */
  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** How often it cut. */
  get cuts(): number {
    return this.#cuts;
  }

  #join(peer: Socket, { hostname, port }: URL): void {
    const engine = connect(Number(port), hostname);
    for (const [socket, other] of [[peer, engine], [engine, peer]] as const) {
      this.#sockets.add(socket);
      socket.on("error", () => {});
      socket.once("close", () => {
        this.#sockets.delete(socket);
        other.end();
      });
    }
    peer.on("data", (bytes: Uint8Array) => engine.write(bytes));
    engine.on("data", (bytes: Uint8Array) => {
      const passes = bytes.subarray(0, this.#left);
      if (passes.length > 0) peer.write(passes);
      this.#left -= bytes.length;
      if (this.#left > 0) return;
      this.#cuts++;
      // Once is enough: whoever goes on is not kept from it.
      this.#left = Infinity;
      peer.end();
      engine.destroy();
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }
}
