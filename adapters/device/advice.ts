/** What the engine recommends for fetching, as it last said, and what holds until it says something. */
import { PART_BYTES_MAX, PART_BYTES_MIN, PARTS_MAX } from "../../core/mod.ts";
import type { Metadata } from "../../core/mod.ts";
import type { Transport } from "./options.ts";

const PART_BYTES = 65_536;
const IN_FLIGHT = 4;
const HEARTBEAT_S = 1;
const HEARTBEAT_MAX_S = 3_600;

/** The recommendation. */
export class Advice {
  /** What the bytes are best fetched by. */
  transport: Transport = "http";
  /** How many to ask for at once; chunks are numbered as the metadata says, whatever this is. */
  #chunkBytes: number | undefined;
  /** How many parts to await at once over MQTT. */
  inFlight = IN_FLIGHT;
  /** How often to say how far it is, in milliseconds, while it fetches. */
  heartbeatMs = HEARTBEAT_S * 1_000;

  /** A `transport` message; what makes no sense in it is left as it was. Its reason, for a person. */
  heard(payload: Readonly<Record<string, unknown>>): string {
    const { transport, chunk_bytes, chunks_in_flight, heartbeat_seconds, reason } = payload;
    if (isTransport(transport)) this.transport = transport;
    this.#chunkBytes = count(chunk_bytes, Number.MAX_SAFE_INTEGER) ?? this.#chunkBytes;
    this.inFlight = count(chunks_in_flight, PARTS_MAX) ?? this.inFlight;
    const seconds = count(heartbeat_seconds, HEARTBEAT_MAX_S);
    if (seconds !== undefined) this.heartbeatMs = seconds * 1_000;
    return `the engine says ${reason ?? "so"}`;
  }

  /** An offer bears the standing recommendation; false: it is the one that is known. */
  offered({ transport }: Metadata): boolean {
    if (!isTransport(transport) || transport === this.transport) return false;
    this.transport = transport;
    return true;
  }

  /** How many bytes to ask for at once by that way. */
  askBytes(by: Transport, { chunk_bytes }: Metadata): number {
    if (by === "http") return Math.min(this.#chunkBytes ?? chunk_bytes, chunk_bytes);
    const wished = this.#chunkBytes ?? Math.min(chunk_bytes, PART_BYTES);
    return Math.max(PART_BYTES_MIN, Math.min(wished, PART_BYTES_MAX));
  }
}

function isTransport(word: unknown): word is Transport {
  return word === "http" || word === "mqtt";
}

/** A whole number from 1 to the bound, cut there; `undefined`: it is none. */
function count(value: unknown, max: number): number | undefined {
  return Number.isInteger(value) && Number(value) > 0 ? Math.min(Number(value), max) : undefined;
}
