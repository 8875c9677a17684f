/**
 * Reads JSON as the engine itself writes it, byte by byte, where parsing it would cost too much: no
 * white space, members in a known order, printable ASCII without escapes, integers.
 */

const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const DIGIT_0 = 0x30;
const DIGIT_9 = 0x39;
const BRACKET = 0x5b;
const BACKSLASH = 0x5c;
const BRACE = 0x7b;
const LOWEST = 0x20;
const HIGHEST = 0x7e;
/** The end of an object or array stands so far behind its begin in ASCII. */
const TO_CLOSE = 2;
/** An integer of more digits may not be exact. */
const DIGITS_MAX = 15;
/** What the engine writes has fewer levels. */
const DEPTH_MAX = 8;

const NULL = literalOf("null");

/** 1 for what stands in a string as it is; of other UTF-16 code units there is none. */
export const isPlain = Uint8Array.from(
  { length: 256 },
  (_, byte) => Number(byte >= LOWEST && byte <= HIGHEST && byte !== QUOTE && byte !== BACKSLASH),
);

const decoder = new TextDecoder();

/** The text of bytes that are ASCII. */
export function textOf(bytes: Uint8Array, from: number, to = bytes.length): string {
  return decoder.decode(bytes.subarray(from, to));
}

/** Whether the text, which is ASCII, stands at a place of the bytes. */
export function isAt(bytes: Uint8Array, from: number, text: string): boolean {
  for (let n = 0; n < text.length; n++) if (bytes[from + n] !== text.charCodeAt(n)) return false;
  return true;
}

/** A text that is expected as it is. */
export function literalOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/**
 * A place in a text, which goes on over what is expected there. From the first thing that is not, every
 * answer is `false` or `-1`: whoever asked reads the text in the slow way, which tells what is wrong.
 */
export class Cursor {
  bytes: Uint8Array = new Uint8Array();
  /** The next byte. */
  at = 0;
  #end = 0;
  #isLost = false;

  /** Reads from here on. */
  begin(bytes: Uint8Array, at: number, end: number): void {
    this.bytes = bytes;
    this.at = at;
    this.#end = end;
    this.#isLost = false;
  }

  /** Everything was as expected, and this is the end. */
  get isDone(): boolean {
    return !this.#isLost && this.at === this.#end;
  }

  /** These very bytes. */
  literal(expected: Uint8Array): boolean {
    const { bytes, at } = this;
    const { length } = expected;
    if (at + length > this.#end) return this.#lose();
    for (let n = 0; n < length; n++) if (bytes[at + n] !== expected[n]) return this.#lose();
    this.at = at + length;
    return !this.#isLost;
  }

  /** Whether these bytes are next. */
  isNext(expected: Uint8Array): boolean {
    const { bytes, at } = this;
    for (let n = 0; n < expected.length; n++) if (bytes[at + n] !== expected[n]) return false;
    return true;
  }

  /** Goes over these bytes if they are next. */
  maybe(expected: Uint8Array): boolean {
    return this.isNext(expected) && this.literal(expected);
  }

  /** The rest of a string, with the quotation mark that ends it. */
  string(): boolean {
    const { bytes } = this;
    const end = this.#end;
    let at = this.at;
    while (at < end && isPlain[bytes[at]!] === 1) at++;
    if (at >= end || bytes[at] !== QUOTE) return this.#lose();
    this.at = at + 1;
    return !this.#isLost;
  }

  /** The rest of a string, written out from there on without its escapes; where it ends, or `-1`. */
  unescape(into: Uint8Array, begin: number): number {
    const { bytes } = this;
    const end = this.#end;
    let at = this.at;
    let to = begin;
    for (; at < end; at++) {
      let byte = bytes[at]!;
      if (isPlain[byte] === 0) {
        if (byte !== BACKSLASH) break;
        byte = bytes[++at]!;
        if (byte !== QUOTE && byte !== BACKSLASH) break;
      }
      into[to++] = byte;
    }
    if (at >= end || bytes[at] !== QUOTE) {
      this.#lose();
      return -1;
    }
    this.at = at + 1;
    return this.#isLost ? -1 : to;
  }

  /** An integer from 0; `-1`: there is none. */
  integer(): number {
    const { bytes, at: from } = this;
    const end = this.#end;
    let value = 0;
    let at = from;
    for (; at < end; at++) {
      const byte = bytes[at]!;
      if (byte < DIGIT_0 || byte > DIGIT_9) break;
      value = 10 * value + byte - DIGIT_0;
    }
    this.at = at;
    const digits = at - from;
    const isInteger = digits === 1 || digits > 1 && bytes[from] !== DIGIT_0;
    if (isInteger && digits <= DIGITS_MAX) return value;
    this.#lose();
    return -1;
  }

  /** Any value. */
  value(depth = 0): boolean {
    const byte = this.bytes[this.at]!;
    if (byte === QUOTE) {
      this.at++;
      return this.string();
    }
    if (byte !== BRACE && byte !== BRACKET) return this.maybe(NULL) || this.integer() >= 0;
    if (depth === DEPTH_MAX) return this.#lose();
    return this.#members(byte, depth + 1);
  }

  /** Whether the text stands at a place. */
  isAt(from: number, text: string): boolean {
    return isAt(this.bytes, from, text);
  }

  #members(open: number, depth: number): boolean {
    const close = open + TO_CLOSE;
    this.at++;
    if (this.#over(close)) return true;
    do {
      if (open === BRACE && !(this.#over(QUOTE) && this.string() && this.#over(COLON))) {
        return this.#lose();
      }
      if (!this.value(depth)) return false;
    } while (this.#over(COMMA));
    return this.#over(close) || this.#lose();
  }

  /** Goes over the byte, if it is next. */
  #over(byte: number): boolean {
    if (this.at >= this.#end || this.bytes[this.at] !== byte) return false;
    this.at++;
    return true;
  }

  #lose(): false {
    this.#isLost = true;
    return false;
  }
}
