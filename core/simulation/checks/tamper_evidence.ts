/**
 * I16: every row hashes to its hash, bears the hash of its data and in that the hash of what is personal, and
 * names the hash before it.
 */
import type { SeenRow } from "../watch.ts";
import type { Court, Judge } from "./judge.ts";

const encoder = new TextEncoder();

/** Judges the chain of each stream, with hashing of its own. */
export class TamperEvidence implements Judge {
  readonly #court: Court;
  /** The last hash of each stream. */
  readonly #heads = new Map<string, string>();

  constructor(court: Court) {
    this.#court = court;
  }

  beforeRow({ row: { bytes, data, salt, hash, seq, personal }, header }: SeenRow): void {
    const { stream, prev } = header;
    if (this.#hash([0], bytes) !== hash) this.#deny(seq, `does not hash to ${hash}`);
    if (this.#hash(bytesOf(salt), data) !== header.data) this.#deny(seq, "has other data");
    if (this.#personalIn(data) !== (personal === null ? undefined : this.#hash([], personal))) {
      this.#deny(seq, "has another personal text");
    }
    const head = this.#heads.get(stream) ?? null;
    if (prev !== head) this.#deny(seq, `follows ${prev}, but the head of ${stream} is ${head}`);
    this.#heads.set(stream, hash);
  }

  #personalIn(data: string): unknown {
    return data.includes('"personal"') ? JSON.parse(data).personal : undefined;
  }

  #hash(before: readonly number[], text: string): string {
    const body = encoder.encode(text);
    const all = new Uint8Array(before.length + body.length);
    all.set(before);
    all.set(body, before.length);
    return `sha256:${this.#court.sha256(all)}`;
  }

  #deny(seq: number, what: string): void {
    this.#court.deny("I16", `Row ${seq} ${what}.`);
  }
}

function bytesOf(hex: string): number[] {
  const bytes: number[] = [];
  for (let at = 0; at < hex.length; at += 2) bytes.push(parseInt(hex.slice(at, at + 2), 16));
  return bytes;
}
