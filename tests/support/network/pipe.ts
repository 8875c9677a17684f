/**
 * One way of one connection. Bytes wait where they come from until the rates let them through, and are
 * under way for as long as the weather says; what is late, all behind it waits for.
 *
 * A lost segment comes one retransmission timeout later, which is the round trip and 200 ms, and doubles
 * each time the same segment is lost. That is how TCP shows loss to whoever reads, but a kind one: other
 * segments are under way meanwhile, the sender does not slow down by itself, and no handshake is lost.
 */
import type { Socket } from "node:net";
import type { Way } from "./conditions.ts";
import type { Fate } from "./fate.ts";
import { Flight } from "./flight.ts";
import type { FlightEvents } from "./flight.ts";
import { SEGMENT_BYTES } from "./narrow_socket.ts";
import { Rate } from "./rate.ts";
import type { Turn } from "./rate.ts";
import type { Weather } from "./weather.ts";

/** So much is read before it may leave, in bytes. */
export const READ_AHEAD_BYTES = 16_384;

/** Beyond the round trip: the shortest of Linux. */
const RETRANSMISSION_MS = 200;

/** Where a pipe lies. */
export interface PipeParts extends FlightEvents {
  readonly way: Way;
  readonly from: Socket;
  readonly weather: Weather;
  readonly fate: Fate;
  /** A segment is lost, so often in a row. */
  readonly lose: (losses: number) => void;
}

/** From one socket to another. */
export class Pipe {
  readonly #parts: PipeParts;
  readonly #flight: Flight;
  readonly #own = new Rate();
  #asked: { readonly rate: Rate; readonly turn: Turn } | undefined;
  #sent = 0;
  #endsNext = false;
  #isAwake = false;
  #isClosed = false;

  constructor(parts: PipeParts) {
    this.#parts = parts;
    const { from, weather } = parts;
    this.#flight = new Flight(weather, parts, () => this.wake());
    from.on("readable", () => this.wake());
    from.once("end", () => {
      this.#endsNext = true;
      this.wake();
    });
    from.on("error", () => {
      this.#flight.launch("reset", this.#conditions.delayMs);
      this.wake();
    });
  }

  /** Bytes go there, and leave in so many milliseconds at the earliest. */
  open(to: Socket, inMs: number): void {
    this.#flight.open(to, inMs);
    this.change();
  }

  /** Does what the weather says now. */
  change(): void {
    this.#own.become(this.#conditions.connectionBytesPerS);
    this.wake();
  }

  /** Does what can be done now. */
  wake(): void {
    if (this.#isAwake || this.#isClosed) return;
    this.#isAwake = true;
    do this.#take(); while (this.#flight.deliver());
    this.#isAwake = false;
    this.#flight.sleep();
  }

  /** Nothing arrives any more, and nothing waits. */
  close(): void {
    this.#isClosed = true;
    this.#asked?.rate.withdraw(this.#asked.turn);
    this.#flight.close();
  }

  get #conditions(): ReturnType<Weather["of"]> {
    return this.#parts.weather.of(this.#parts.way);
  }

  #take(): void {
    const { from, weather, way } = this.#parts;
    while (!this.#asked && this.#flight.hasRoom) {
      const bytes: Uint8Array | null = from.read(Math.min(from.readableLength, this.#pieceMax()));
      if (!bytes) break;
      this.#ask(bytes, [this.#own, weather.rates[way]]);
    }
    if (!this.#endsNext || this.#asked) return;
    this.#endsNext = false;
    this.#flight.launch("end", this.#conditions.delayMs);
  }

  /** A segment, where that makes a difference. */
  #pieceMax(): number {
    const { jitterMs, lossPercent, bytesPerS, connectionBytesPerS } = this.#conditions;
    const isEven = jitterMs === 0 && lossPercent === 0;
    const isWide = bytesPerS === Infinity && connectionBytesPerS === Infinity;
    return isEven && isWide ? READ_AHEAD_BYTES : SEGMENT_BYTES - this.#sent % SEGMENT_BYTES;
  }

  /** It goes through one rate after the other, and the next only when it is through all. */
  #ask(bytes: Uint8Array, [rate, ...more]: readonly Rate[]): void {
    this.#asked = undefined;
    if (!rate) {
      this.#send(bytes);
      return this.wake();
    }
    const turn = { bytes: bytes.length, go: () => this.#ask(bytes, more) };
    this.#asked = { rate, turn };
    rate.ask(turn);
  }

  #send(bytes: Uint8Array): void {
    // The rest of a segment that is still under way is a part of it.
    const belongs = !this.#flight.isEmpty && this.#sent % SEGMENT_BYTES > 0;
    this.#flight.launch(bytes, this.#conditions.delayMs + (belongs ? 0 : this.#lateness()));
    this.#sent += bytes.length;
  }

  #lateness(): number {
    const { fate, way, weather, lose } = this.#parts;
    const { jitterMs, lossPercent } = this.#conditions;
    const losses = fate.lossesOf(way, this.#sent, lossPercent);
    lose(losses);
    const timeoutMs = weather.roundTripMs + RETRANSMISSION_MS;
    return fate.jitterOf(way, this.#sent, jitterMs) + timeoutMs * (2 ** losses - 1);
  }
}
