/** Takes bytes of one image, whatever brought them: what is missing is stored, what is there is not. */
import type { Metadata } from "../../core/mod.ts";
import { chunkBounds } from "../../firmware/mod.ts";
import type { Interruption } from "./interruption.ts";
import type { Transport } from "./options.ts";
import type { Parts } from "./parts.ts";
import { bytesOf, within } from "./spans.ts";
import type { Span } from "./spans.ts";
import { countBytes } from "./tally.ts";

/** The intake of one attempt; it takes one thing after the other. */
export class Intake {
  readonly #parts: Parts;
  readonly #metadata: Metadata;
  readonly #onStored: () => void;
  #last: Promise<unknown> = Promise.resolve();
  /** Chunks that got bytes since facts were last kept. */
  readonly #touched = new Set<number>();
  /** What ended it, in the midst of some bytes. */
  #interruption: Interruption | undefined;

  /** `onStored` is told each time there is less to fetch. */
  constructor(parts: Parts, metadata: Metadata, onStored: () => void) {
    this.#parts = parts;
    this.#metadata = metadata;
    this.#onStored = onStored;
  }

  /** What is not stored yet. */
  get missing(): readonly Span[] {
    return this.#parts.memory.kept.task!.missing;
  }

  /** Whether all of it is stored. */
  get isWhole(): boolean {
    return this.missing.length === 0;
  }

  /** Whether a fault ended it: then the device says no more. */
  get isInterrupted(): boolean {
    return this.#interruption !== undefined;
  }

  /** Whether some of the bytes [start, end) are missing. */
  lacks(start: number, end: number): boolean {
    return within(this.missing, [start, end]).length > 0;
  }

  /** Bytes have come that belong there. @throws {Interruption} at the byte of a fault. */
  take(by: Transport, offset: number, bytes: Uint8Array): Promise<void> {
    return this.#inTurn(() => this.#store(by, offset, bytes));
  }

  /** What was asked for has come, or does not come: keeps the facts, and tells of whole chunks. */
  settle(): Promise<void> {
    return this.#inTurn(() => this.#keep());
  }

  #inTurn(act: () => Promise<void>): Promise<void> {
    const turn = this.#last.then(act);
    this.#last = turn.catch(() => {});
    return turn;
  }

  async #store(by: Transport, offset: number, bytes: Uint8Array): Promise<void> {
    const { memory, faults, tally } = this.#parts;
    const { size, chunk_bytes } = this.#metadata;
    const wanted = within(this.missing, [offset, offset + bytes.length]);
    const repeated = bytes.length - bytesOf(wanted);
    countBytes(tally, by, repeated);
    tally.repeated += repeated;
    for (const [start, end] of wanted) {
      const stop = faults.stopWithin(start, end - start, size);
      const taken = bytes.subarray(start - offset, (stop ? start + stop.taken : end) - offset);
      countBytes(tally, by, taken.length);
      await memory.store(start, faults.spoil(start, taken, chunk_bytes));
      this.#touch(start, start + taken.length);
      if (!stop) continue;
      throw this.#interruption = stop.interruption;
    }
    if (wanted.length > 0) this.#onStored();
  }

  #touch(start: number, end: number): void {
    const { chunk_bytes } = this.#metadata;
    for (let index = Math.floor(start / chunk_bytes); index * chunk_bytes < end; index++) {
      this.#touched.add(index);
    }
  }

  async #keep(): Promise<void> {
    // A device that lost power keeps no facts.
    if (this.#interruption?.how === "restart" || this.#touched.size === 0) return;
    const { memory, tally, emit } = this.#parts;
    const { size, chunk_bytes } = this.#metadata;
    await memory.save();
    for (const index of [...this.#touched].sort((a, b) => a - b)) {
      const { start, end } = chunkBounds(size, chunk_bytes, index)!;
      if (this.lacks(start, end)) continue;
      tally.chunks.push(index);
      emit({ type: "chunk", index });
    }
    this.#touched.clear();
    emit({ type: "stored", received: memory.received, size });
  }
}
