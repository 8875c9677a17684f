/** A log that is restored, held against checkpoints that somebody kept. */
import { GrowingTree, keyIn } from "../../../core/evidence/mod.ts";
import type { Checkpoint, VerifyEd25519 } from "../../../core/evidence/mod.ts";
import { toHex } from "../../../core/mod.ts";
import type { StoredCells } from "../../../core/mod.ts";
import { sha256 } from "../sha256.ts";
import { keptCheckpoints } from "../verify/known.ts";

/** Whether the log is the one that they are of, and what it lacks of it. */
export class KeptBeside {
  readonly #file: string;
  readonly #text: string;
  readonly #verify: VerifyEd25519;
  readonly #tree = new GrowingTree(sha256);
  /** Those that the log has not reached, the smallest last: to take the last is cheap. */
  #ahead: Checkpoint[] = [];
  #proved = 0;

  /** `text`: what is in the file. */
  constructor(file: string, text: string, verify: VerifyEd25519) {
    this.#file = file;
    this.#text = text;
    this.#verify = verify;
  }

  /** So many rows are as a checkpoint says. */
  get proved(): number {
    return this.#proved;
  }

  /** The number of rows that the log is known to have had, if these are more than it has. */
  get known(): number | undefined {
    return this.#ahead[0]?.size;
  }

  /** Takes the next row. @throws {Error} when this is another history. */
  take(cells: StoredCells): void {
    if (this.#tree.size === 0) this.#ahead = this.#read(cells);
    this.#tree.add(toHex(String(cells.hash)));
    for (let next; (next = this.#ahead.at(-1)) && next.size <= this.#tree.size;) {
      this.#ahead.pop();
      const { size, root } = next;
      if (size === this.#tree.size && root !== this.#tree.root) throw this.#strange(size);
      this.#proved = size;
    }
  }

  /** Its first row says by which key they are signed. */
  #read(first: StoredCells): Checkpoint[] {
    const key = keyIn(first, sha256);
    if (!key) {
      const what = "its first row names no key, so that nobody can have signed checkpoints of it";
      throw new Error(`Cannot restore that: ${what}. Name another backup.`);
    }
    const parts = { kept: this.#text, verify: this.#verify };
    const kept = keptCheckpoints(key, { checkpoint: this.#file }, parts);
    return kept.toSorted((a, b) => b.size - a.size);
  }

  #strange(size: number): Error {
    return new Error(
      `Cannot restore that: the checkpoint of row ${size} in ${this.#file} is of another history. ` +
        "Somebody edited the log, or it was restored before: name another backup.",
    );
  }
}
