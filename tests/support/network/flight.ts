/** What is under way to one socket: it arrives in order, each when it is due, as long as the link lives. */
import type { Socket } from "node:net";
import type { Weather } from "./weather.ts";

/** So many bytes are under way at most. */
const WINDOW_BYTES = 65_536;

/** Bytes, or that there are no more, or that where they come from was reset. */
export type Cargo = Uint8Array | "end" | "reset";

/** A byte at which something happens. */
export interface Fuse {
  readonly at: number;
  readonly burn: () => void;
}

/** What a flight asks and tells. */
export interface FlightEvents {
  /** What happens next, when so many bytes arrived. */
  readonly fuse: (passed: number) => Fuse;
  /** So many bytes arrive. */
  readonly pass: (bytes: number) => void;
  /** The socket is to hear of a reset. */
  readonly reset: () => void;
}

/** A queue whose first is the next to arrive. */
export class Flight {
  readonly #weather: Weather;
  readonly #on: FlightEvents;
  readonly #wake: () => void;
  readonly #queue: { readonly due: number; readonly cargo: Cargo }[] = [];
  #to: Socket | undefined;
  /** Nothing leaves before. */
  #opensAt = 0;
  #bytes = 0;
  #passed = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isClosed = false;

  /** Calls `wake` when something may be due. */
  constructor(weather: Weather, on: FlightEvents, wake: () => void) {
    this.#weather = weather;
    this.#on = on;
    this.#wake = wake;
  }

  /** It goes there; whatever leaves, leaves in so many milliseconds at the earliest. */
  open(to: Socket, inMs: number): void {
    this.#to = to;
    this.#opensAt = performance.now() + inMs;
    to.on("drain", this.#wake);
  }

  /** Whether nothing is under way. */
  get isEmpty(): boolean {
    return this.#queue.length === 0;
  }

  /** Whether more bytes may leave. */
  get hasRoom(): boolean {
    return this.#bytes < WINDOW_BYTES;
  }

  /** It leaves now and arrives so much later, or right after what left before it. */
  launch(cargo: Cargo, inMs: number): void {
    const leaves = Math.max(performance.now(), this.#opensAt);
    this.#queue.push({ due: leaves + inMs, cargo });
    if (typeof cargo === "object") this.#bytes += cargo.length;
  }

  /** Lets arrive what is due; whether anything did. */
  deliver(): boolean {
    let delivers = false;
    for (let next; (next = this.#next()) && next.due <= performance.now(); delivers = true) {
      this.#queue.shift();
      this.#arrive(next.cargo);
    }
    return delivers;
  }

  /** Wakes when the next is due. */
  sleep(): void {
    const next = this.#next();
    if (!next || this.#timer !== undefined) return;
    const inMs = Math.max(1, Math.ceil(next.due - performance.now()));
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#wake();
    }, inMs);
  }

  /** Nothing arrives any more. */
  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
  }

  /** The next, if the weather and the socket let it arrive. */
  #next(): { due: number; cargo: Cargo } | undefined {
    const isStuck = this.#isClosed || !this.#to || this.#to.writableNeedDrain;
    return isStuck || this.#weather.state === "dead" ? undefined : this.#queue[0];
  }

  #arrive(cargo: Cargo): void {
    if (cargo === "reset") return this.#on.reset();
    if (cargo === "end") return void this.#to!.end();
    this.#bytes -= cargo.length;
    const { at, burn } = this.#on.fuse(this.#passed);
    const bytes = cargo.subarray(0, Math.max(0, at - this.#passed));
    this.#passed += bytes.length;
    this.#give(bytes);
    if (this.#passed >= at) burn();
  }

  /** Whoever is gone misses it. */
  #give(bytes: Uint8Array): void {
    if (!this.#to!.writable || bytes.length === 0) return;
    this.#to!.write(bytes);
    this.#on.pass(bytes.length);
  }
}
