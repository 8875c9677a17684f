/**
 * How many bytes are on their way to devices over MQTT: to one no more than its window, to all no more
 * than there is memory for. One part always goes, however large it is and however many others wait.
 */
import { CHUNK_WINDOW_BYTES, CHUNKS_IN_FLIGHT_BYTES } from "../protocol/limits.ts";
import type { Part } from "../protocol/mod.ts";
import type { SentChunk } from "./sent_chunk.ts";

interface Open {
  /** Reserved for what is being read, and on the way. */
  bytes: number;
  /** What is on its way, by the task that it is of. */
  readonly sent: Map<SentChunk, string>;
}

/** The windows of all devices. */
export class ChunkWindow {
  readonly #open = new Map<string, Open>();
  readonly #onRoom: (device: string) => void;
  /** Devices that would have room, were there memory for all. */
  readonly #thirsty = new Set<string>();
  #bytes = 0;

  /** `onRoom` is told of a device that was refused room, when there is some. */
  constructor(onRoom: (device: string) => void) {
    this.#onRoom = onRoom;
  }

  /** Takes room for the part; false: there is none now. */
  reserve(device: string, { start, end }: Part): boolean {
    const open = this.#open.get(device) ?? { bytes: 0, sent: new Map() };
    const bytes = end - start;
    if (open.bytes > 0) {
      if (open.bytes + bytes > CHUNK_WINDOW_BYTES) return false;
      if (this.#bytes + bytes > CHUNKS_IN_FLIGHT_BYTES) {
        this.#thirsty.add(device);
        return false;
      }
    }
    open.bytes += bytes;
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
    for (const [chunk, of] of this.#open.get(device)?.sent ?? []) {
      if (of === task && chunk.from === start && chunk.to === end) return true;
    }
    return false;
  }

  /** It has arrived, or never will. */
  done(device: string, chunk: SentChunk): void {
    const open = this.#open.get(device);
    if (open?.sent.delete(chunk)) this.release(device, { start: chunk.from, end: chunk.to });
  }

  /** Gives back room. */
  release(device: string, { start, end }: Part): void {
    const open = this.#open.get(device);
    if (!open) return;
    const bytes = Math.min(end - start, open.bytes);
    open.bytes -= bytes;
    this.#bytes -= bytes;
    if (open.bytes === 0) this.#open.delete(device);
    this.#thirsty.delete(device);
    this.#onRoom(device);
    this.#wake();
  }

  /** Nothing that is on its way to the device counts any more. */
  forget(device: string): void {
    const open = this.#open.get(device);
    for (const chunk of [...open?.sent.keys() ?? []]) this.done(device, chunk);
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

  /** The ones who wait longest first, as long as there is memory. */
  #wake(): void {
    for (const device of [...this.#thirsty]) {
      if (this.#bytes >= CHUNKS_IN_FLIGHT_BYTES) return;
      this.#thirsty.delete(device);
      this.#onRoom(device);
    }
  }
}
