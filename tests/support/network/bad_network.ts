/**
 * A network like those that devices have, as a proxy for TCP that stands before a port: it delays,
 * loses, trickles, resets, cuts, goes dead and comes back, as its weather says. All that is random comes
 * from a seed. It knows nothing of what the bytes mean.
 */
import { createServer } from "node:net";
import type { AddressInfo, Server, Socket } from "node:net";
import { Connection } from "./connection.ts";
import type { NetworkCounts } from "./connection.ts";
import { narrowSocket } from "./narrow_socket.ts";
import { READ_AHEAD_BYTES } from "./pipe.ts";
import { Weather } from "./weather.ts";

/** Where a network leads to: a URL with a port, or the two. */
export type Target = string | { readonly host: string; readonly port: number };

/** Of each socket: an end in one direction is no end in the other, and little is read ahead. */
const socketOptions = { allowHalfOpen: true, highWaterMark: READ_AHEAD_BYTES };

/** Stands before one port. */
export class BadNetwork implements AsyncDisposable {
  /** What it is like; it may be over other networks too. */
  readonly weather: Weather;
  /** What happened so far. */
  readonly counts: Readonly<NetworkCounts>;
  readonly #target: URL;
  readonly #server: Server;
  readonly #connections = new Set<Connection>();

  private constructor(target: Target, weather: Weather) {
    this.#target = new URL(typeof target === "string" ? target : `tcp://${target.host}`);
    if (typeof target === "object") this.#target.port = String(target.port);
    this.weather = weather;
    const nth = weather.watch(() => {
      for (const connection of [...this.#connections]) connection.change();
    });
    const counts = this.counts = {
      connections: 0,
      resets: 0,
      cuts: 0,
      refusals: 0,
      losses: 0,
      bytes: { up: 0, down: 0 },
    };
    this.#server = createServer({ ...socketOptions, noDelay: true }, (peer) => {
      counts.connections++;
      this.#join(peer, `connection ${counts.connections} of network ${nth}`, counts);
    });
  }

  /** Begins to listen. */
  static async before(target: Target, weather: Weather = new Weather()): Promise<BadNetwork> {
    const network = new BadNetwork(target, weather);
    await new Promise<void>((resolve) => network.#server.listen(0, "127.0.0.1", resolve));
    return network;
  }

  /** Where it listens, on 127.0.0.1. */
  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Its own base URL, in the scheme of the target. */
  get url(): string {
    return `${this.#target.protocol}//127.0.0.1:${this.port}`;
  }

  /** How many connections there are now. */
  get open(): number {
    return this.#connections.size;
  }

  #join(peer: Socket, name: string, counts: NetworkCounts): void {
    const connection = new Connection({
      peer,
      name,
      weather: this.weather,
      counts,
      dial: () => this.#dial(),
      onGone: () => this.#connections.delete(connection),
    });
    this.#connections.add(connection);
    connection.change();
  }

  #dial(): Socket {
    const { hostname, port } = this.#target;
    return narrowSocket(hostname, Number(port), socketOptions).setNoDelay(true);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const connection of [...this.#connections]) connection.close();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }
}
