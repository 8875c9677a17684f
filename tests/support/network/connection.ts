/** One connection through a bad network: its two ways, and how it ends before its time. */
import type { Socket } from "node:net";
import type { Way } from "./conditions.ts";
import { Fate } from "./fate.ts";
import type { Fuse } from "./flight.ts";
import { Pipe } from "./pipe.ts";
import type { Weather } from "./weather.ts";

/** What happened in a network so far. */
export interface NetworkCounts {
  /** Whoever came. */
  connections: number;
  /** Connections that were reset at a byte of what came back. */
  resets: number;
  /** Connections that were ended cleanly at a byte of what came back. */
  cuts: number;
  /** Connections that were reset because the link refuses. */
  refusals: number;
  /** Segments that were lost, each as often as it was. */
  losses: number;
  /** Bytes that arrived: at the target, and back. */
  bytes: Record<Way, number>;
}

/** What a connection is made of. */
export interface ConnectionParts {
  /** Whoever came. */
  readonly peer: Socket;
  /** What it is called among all that share the weather. */
  readonly name: string;
  readonly weather: Weather;
  readonly counts: NetworkCounts;
  /** Begins to connect to the target. */
  readonly dial: () => Socket;
  /** Nothing is left of it. */
  readonly onGone: () => void;
}

/** Nothing happens on the way up. */
const never: Fuse = { at: Infinity, burn: () => {} };

/** Whoever came, and once the link is open also the target. */
export class Connection {
  readonly #parts: ConnectionParts;
  readonly #fate: Fate;
  readonly #up: Pipe;
  #down: Pipe | undefined;
  #target: Socket | undefined;

  constructor(parts: ConnectionParts) {
    this.#parts = parts;
    this.#fate = new Fate(parts.weather.seed, parts.name);
    this.#up = this.#pipe("up", parts.peer, () => never);
    // Over a dead network its handshake was never answered: what it said since then was never sent.
    parts.peer.once("end", () => {
      if (!this.#target) this.close();
    });
  }

  /** Does what the weather says now. */
  change(): void {
    const { weather, counts } = this.#parts;
    if (weather.state === "refused") {
      counts.refusals++;
      return this.#reset();
    }
    if (weather.state === "open" && !this.#target) this.#dial();
    this.#up.change();
    this.#down?.change();
  }

  /** Ends it. */
  close(): void {
    this.#up.close();
    this.#down?.close();
    this.#parts.peer.destroy();
    this.#target?.destroy();
    this.#parts.onGone();
  }

  #dial(): void {
    const { peer, weather, dial } = this.#parts;
    const target = this.#target = dial();
    this.#down = this.#pipe("down", target, (passed) => this.#nextEnd(passed));
    // The kernel here accepts at once; over the network a handshake takes a round trip.
    this.#up.open(target, weather.roundTripMs);
    this.#down.open(peer, 0);
  }

  #pipe(way: Way, from: Socket, fuse: (passed: number) => Fuse): Pipe {
    const { weather, counts } = this.#parts;
    from.once("close", () => this.#settle());
    return new Pipe({
      way,
      from,
      weather,
      fate: this.#fate,
      fuse,
      pass: (bytes) => void (counts.bytes[way] += bytes),
      lose: (losses) => void (counts.losses += losses),
      reset: () => this.#reset(),
    });
  }

  /** What ends it first; a reset that was due in better weather is over. */
  #nextEnd(passed: number): Fuse {
    const { resetPercent = 0, cutAfterBytes = Infinity } = this.#parts.weather.conditions;
    const cut = { at: cutAfterBytes, burn: () => this.#cut() };
    const reset = { at: this.#fate.resetAt, burn: () => this.#meetFate() };
    const isDue = this.#fate.isReset(resetPercent) && passed < reset.at;
    return isDue && reset.at <= cut.at ? reset : cut;
  }

  #meetFate(): void {
    this.#parts.counts.resets++;
    this.#reset();
  }

  /** Each side hears that it was reset. */
  #reset(): void {
    this.#parts.peer.resetAndDestroy();
    this.#target?.resetAndDestroy();
    this.close();
  }

  #cut(): void {
    this.#parts.counts.cuts++;
    this.#down!.close();
    this.#parts.peer.end();
    this.#target!.destroy();
  }

  /** Once both sides are gone, so is what waits. */
  #settle(): void {
    const { peer } = this.#parts;
    if (peer.closed && (!this.#target || this.#target.closed)) this.close();
  }
}
