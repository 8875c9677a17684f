/**
 * How much is on its way to devices over MQTT: to one no more than its window, to all no more than there
 * is memory for. One part always goes, however large it is and however many others wait.
 */
import {
  CHUNK_WINDOW_BYTES,
  CHUNK_WINDOW_PARTS,
  CHUNKS_IN_FLIGHT_BYTES,
  PART_BYTES_MAX,
} from "../protocol/limits.ts";
import type { Part } from "../protocol/mod.ts";
import type { SentChunk } from "./sent_chunk.ts";

/** How much may be on its way; bytes, but for `parts`. */
export interface WindowLimits {
  /** To one device. */
  readonly bytes: number;
  readonly parts: number;
  /** To all of them. */
  readonly allBytes: number;
  /** The largest part that there is. */
  readonly partBytesMax: number;
}

interface Open {
  /** Reserved for what is being read, and on the way. */
  bytes: number;
  parts: number;
  /** What is on its way, by the task that it is of. */
  readonly sent: Map<SentChunk, string>;
}

const usual: WindowLimits = {
  bytes: CHUNK_WINDOW_BYTES,
  parts: CHUNK_WINDOW_PARTS,
  allBytes: CHUNKS_IN_FLIGHT_BYTES,
  partBytesMax: PART_BYTES_MAX,
};

/** The windows of all devices. */
export class ChunkWindow {
  readonly #open = new Map<string, Open>();
  readonly #onRoom: (device: string) => void;
  readonly #limits: WindowLimits;
  /** Devices that would have room, were there memory for all: who waits longest comes first. */
  readonly #thirsty = new Set<string>();
  #bytes = 0;

  /** `onRoom` is told of a device that was refused room, when there is some. */
  constructor(onRoom: (device: string) => void, limits: WindowLimits = usual) {
    this.#onRoom = onRoom;
    this.#limits = limits;
  }

  /** Takes room for the part; false: there is none now. */
  reserve(device: string, part: Part): boolean {
    const open = this.#open.get(device) ?? { bytes: 0, parts: 0, sent: new Map() };
    const bytes = bytesOf(part);
    if (open.parts > 0) {
      const limits = this.#limits;
      if (open.bytes + bytes > limits.bytes || open.parts >= limits.parts) return false;
      if (this.#bytes + bytes > limits.allBytes) {
        this.#thirsty.add(device);
        return false;
      }
    }
    open.bytes += bytes;
    open.parts++;
    this.#bytes += bytes;
    this.#open.set(device, open);
    return true;
  }

  /** What room was taken for is on its way. */
  sent(device: string, task: string, chunk: SentChunk): void {
    this.#open.get(device)?.sent.set(chunk, task);
  }

  /** Whether that part of the task is on its way. */
  has(device: string, task: string, { start, end }: Part): boolean {
    for (const [{ part }, of] of this.#open.get(device)?.sent ?? []) {
      if (of === task && part.start === start && part.end === end) return true;
    }
    return false;
  }

  /** It has arrived, or never will. */
  done(device: string, chunk: SentChunk): void {
    if (this.#open.get(device)?.sent.delete(chunk)) this.release(device, chunk.part);
  }

  /** Gives back room that was taken for the part. */
  release(device: string, part: Part): void {
    const open = this.#open.get(device);
    if (!open) return;
    open.bytes -= bytesOf(part);
    open.parts--;
    this.#bytes -= bytesOf(part);
    if (open.parts === 0) this.#open.delete(device);
    // Where memory is short, whoever has something on its way waits behind those who waited before.
    if (open.parts > 0 && this.#thirsty.size > 0) this.#thirsty.add(device);
    else this.#onRoom(device);
    this.#wake();
  }

  /** Whether nothing is on its way to the device. */
  isFree(device: string): boolean {
    return !this.#open.has(device);
  }

  /** Nobody has room any more, and nobody is told of any. */
  close(): void {
    this.#thirsty.clear();
    this.#open.clear();
  }

  /** As long as there is memory for any part, so that each one who is told has room in fact. */
  #wake(): void {
    const { allBytes, partBytesMax } = this.#limits;
    while (this.#bytes + partBytesMax <= allBytes) {
      const next = this.#thirsty.keys().next();
      if (next.done) return;
      this.#thirsty.delete(next.value);
      this.#onRoom(next.value);
    }
  }
}

function bytesOf({ start, end }: Part): number {
  return end - start;
}
