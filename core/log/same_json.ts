/** Compares a value with canonical JSON among bytes, without writing it out as a text first. */
import { isAt, isPlain } from "./cursor.ts";

const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const BRACKET = 0x5b;
const BRACE = 0x7b;
/** The end of an object or array stands so far behind its begin in ASCII. */
const TO_CLOSE = 2;

/**
 * Goes over a value where its canonical JSON stands. `false`: it does not, or it is not as nearly all of
 * it is: members already in their order, texts in printable ASCII that need no escapes.
 */
export class SameJson {
  #bytes: Uint8Array = new Uint8Array();
  #at = 0;

  /** Whether the canonical JSON of the value fills this part of the bytes. */
  is(value: unknown, bytes: Uint8Array, from: number, to: number): boolean {
    this.#bytes = bytes;
    this.#at = from;
    return this.#over(value) && this.#at === to;
  }

  #over(value: unknown): boolean {
    if (typeof value === "string") return this.#text(value);
    if (typeof value !== "object" || value === null) return this.#word(value);
    return Array.isArray(value) ? this.#items(value) : this.#members(value as Named);
  }

  #text(text: string): boolean {
    if (!this.#byte(QUOTE)) return false;
    const bytes = this.#bytes;
    for (let n = 0; n < text.length; n++) {
      const unit = text.charCodeAt(n);
      if (isPlain[unit] !== 1 || bytes[this.#at + n] !== unit) return false;
    }
    this.#at += text.length;
    return this.#byte(QUOTE);
  }

  /** Anything that is written as its name. */
  #word(value: unknown): boolean {
    if (value !== null && !Number.isSafeInteger(value)) return false;
    const word = String(value);
    if (!isAt(this.#bytes, this.#at, word)) return false;
    this.#at += word.length;
    return true;
  }

  #items(items: readonly unknown[]): boolean {
    if (!this.#byte(BRACKET)) return false;
    for (let n = 0; n < items.length; n++) {
      if (n > 0 && !this.#byte(COMMA) || !this.#over(items[n])) return false;
    }
    return this.#byte(BRACKET + TO_CLOSE);
  }

  #members(members: Named): boolean {
    if (!this.#byte(BRACE)) return false;
    let last = "";
    for (const name in members) {
      if (name <= last || last !== "" && !this.#byte(COMMA)) return false;
      if (!this.#text(name) || !this.#byte(COLON) || !this.#over(members[name])) return false;
      last = name;
    }
    return this.#byte(BRACE + TO_CLOSE);
  }

  #byte(byte: number): boolean {
    return this.#bytes[this.#at++] === byte;
  }
}

type Named = Readonly<Record<string, unknown>>;
