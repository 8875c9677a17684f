/**
 * The rows of an exported log as nearly all of them are: lines that the engine wrote, in printable ASCII
 * without anything that JSON must escape but quotation marks. These are read from their bytes, several
 * times as fast as by parsing them; of whatever else is there it says that it is no such row, no more.
 */
import { Cursor, literalOf, textOf } from "./cursor.ts";
import type { KnownTexts } from "./known_texts.ts";

const BYTES = literalOf('{"bytes":"');
const DATA = literalOf(',"data":"');
const SALT = literalOf(',"salt":"');
const HASH = literalOf(',"hash":"');
const END = literalOf("}");
const QUOTE = 0x22;
/** The prefix of a leaf, which is 0 (RFC 9162 §2.1.1). */
const LEAF_BYTES = 1;
const SALT_BYTES = 16;
/** What stands before the digits of a checksum. */
const SHA256 = "sha256:";
const HASH_CHARACTERS = SHA256.length + 64;
/** Longer ones are rare. */
const ROW_BYTES_MAX = 32_768;

/** The most bytes that a UTF-16 code unit has as UTF-8. */
const UTF8_MAX = 3;
const SALT_TEXT = /^[0-9a-f]{32}$/;

const encoder = new TextEncoder();

/** A row as it was found: any value may stand in any cell. */
type Stored = Readonly<Record<"bytes" | "data" | "salt" | "hash", unknown>> & {
  readonly personal?: unknown;
};

/** A row; what it holds is valid until the next one is read. */
export class PlainRow {
  /** 0x00 ‖ `bytes`: what the hash is of. */
  sealed: Uint8Array = new Uint8Array();
  /** The salt ‖ `data`: what the hash in `bytes` is of. */
  salted: Uint8Array = new Uint8Array();
  /** `data` as it was given; `undefined`: its text is not made yet. */
  #data: string | undefined;
  #hash: string | undefined;
  readonly #line = new Cursor();
  readonly #sealed = new Uint8Array(ROW_BYTES_MAX);
  readonly #salted = new Uint8Array(ROW_BYTES_MAX);
  #hashAt = 0;

  /** Reads the line, which is without its end; `false`: it is no plain row. */
  read(bytes: Uint8Array, from: number, to: number): boolean {
    const line = this.#line;
    if (to - from > ROW_BYTES_MAX) return false;
    line.begin(bytes, from, to);
    if (!line.literal(BYTES)) return false;
    const sealed = line.unescape(this.#sealed, LEAF_BYTES);
    if (!line.literal(DATA)) return false;
    const salted = line.unescape(this.#salted, SALT_BYTES);
    if (!line.literal(SALT) || !this.#readSalt() || !line.literal(HASH)) return false;
    this.#hashAt = line.at;
    if (!line.string() || line.at - this.#hashAt !== HASH_CHARACTERS + 1) return false;
    this.#hold(sealed, salted, undefined, undefined);
    return line.literal(END) && line.isDone;
  }

  /** Takes the texts of a row as they are stored; `false`: they are too long, or not even that. */
  set({ bytes, data, salt, hash, personal = null }: Stored): boolean {
    if (personal !== null) return false;
    if (typeof bytes !== "string" || typeof data !== "string") return false;
    if (typeof salt !== "string" || typeof hash !== "string" || !SALT_TEXT.test(salt)) return false;
    if (UTF8_MAX * Math.max(bytes.length, data.length) > ROW_BYTES_MAX - SALT_BYTES) return false;
    this.#salted.setFromHex(salt);
    const sealed = encoder.encodeInto(bytes, this.#sealed.subarray(LEAF_BYTES)).written;
    const salted = encoder.encodeInto(data, this.#salted.subarray(SALT_BYTES)).written;
    this.#hold(LEAF_BYTES + sealed, SALT_BYTES + salted, data, hash);
    return true;
  }

  /** `data`. */
  get data(): string {
    return this.#data ??= textOf(this.salted, SALT_BYTES);
  }

  /** The same, as one of these texts where it is. */
  dataIn(known: KnownTexts): string {
    return this.#data ?? known.of(this.salted, SALT_BYTES, this.salted.length);
  }

  /** Whether the hash that stands in the row has these digits. */
  hasHash(digits: string): boolean {
    if (this.#hash !== undefined) return this.#hash === `${SHA256}${digits}`;
    return this.#line.isAt(this.#hashAt, SHA256) &&
      this.#line.isAt(this.#hashAt + SHA256.length, digits);
  }

  #hold(sealed: number, salted: number, data: string | undefined, hash: string | undefined): void {
    this.sealed = this.#sealed.subarray(0, sealed);
    this.salted = this.#salted.subarray(0, salted);
    this.#data = data;
    this.#hash = hash;
  }

  #readSalt(): boolean {
    const { bytes, at } = this.#line;
    for (let n = 0; n < SALT_BYTES; n++) {
      const [high, low] = [valueOf(bytes[at + 2 * n]!), valueOf(bytes[at + 2 * n + 1]!)];
      if (high < 0 || low < 0) return false;
      this.#salted[n] = 16 * high + low;
    }
    this.#line.at = at + 2 * SALT_BYTES + 1;
    return bytes[this.#line.at - 1] === QUOTE;
  }
}

/** Of a lowercase hexadecimal digit; `-1`: it is none. */
function valueOf(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  return byte >= 0x61 && byte <= 0x66 ? byte - 0x57 : -1;
}
