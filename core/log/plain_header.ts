/** The header of a plain row: the canonical JSON that its hash is of, read from its bytes. */
import { Cursor, literalOf } from "./cursor.ts";
import { KnownTexts } from "./known_texts.ts";

/** The members that are texts, by their places in what is noted of them. */
const texts = { actor: 0, data: 1, log: 2, outcome: 3, prev: 4, stream: 5, task: 6, type: 7 };
/** A member of a header that is a text; `outcome` is the canonical JSON of it. */
export type HeaderText = keyof typeof texts;
/** What stands before the digits of a checksum. */
const SHA256 = "sha256:";
const TEXTS = Object.keys(texts).length;

const NULL = literalOf("null");
const QUOTE = literalOf('"');
const END = literalOf("}");
/** What stands before each value; `actor` is the first one in the order of canonical JSON. */
const before = {
  actor: literalOf('{"actor":"'),
  at: literalOf(',"at":'),
  cause: literalOf(',"cause":'),
  data: literalOf(',"data":"'),
  epoch: literalOf(',"epoch":'),
  log: literalOf(',"log":"'),
  outcome: literalOf(',"outcome":'),
  prev: literalOf(',"prev":'),
  seq: literalOf(',"seq":'),
  stream: literalOf(',"stream":"'),
  task: literalOf(',"task":"'),
  type: literalOf(',"type":"'),
  v: literalOf(',"v":'),
  version: literalOf(',"version":'),
};

/** A header; what it holds is valid until the next one is read. Texts are made when they are asked for. */
export class PlainHeader {
  at = 0;
  cause: number | null = null;
  epoch = 0;
  seq = 0;
  v = 0;
  version = 0;
  readonly #cursor = new Cursor();
  readonly #known = new KnownTexts();
  /** Where texts begin and end; `-1`: there is none. */
  readonly #from = new Int32Array(TEXTS);
  readonly #to = new Int32Array(TEXTS);

  /** Reads it from there on to the end; `false`: it is not as the engine writes it. */
  read(bytes: Uint8Array, from: number): boolean {
    const cursor = this.#cursor;
    cursor.begin(bytes, from, bytes.length);
    this.#string("actor");
    this.at = this.#integer("at");
    this.cause = cursor.literal(before.cause) && cursor.maybe(NULL) ? null : cursor.integer();
    this.#string("data");
    this.epoch = this.#integer("epoch");
    this.#string("log");
    this.#outcome();
    this.#prev();
    this.seq = this.#integer("seq");
    this.#string("stream");
    if (cursor.isNext(before.task)) this.#string("task");
    else this.#from[texts.task] = -1;
    this.#string("type");
    this.v = this.#integer("v");
    this.version = this.#integer("version");
    return cursor.literal(END) && cursor.isDone;
  }

  /** The text; `undefined`: there is none, or it is `null`. */
  text(name: HeaderText): string | undefined {
    const slot = texts[name];
    const from = this.#from[slot]!;
    return from < 0 ? undefined : this.#known.of(this.#cursor.bytes, from, this.#to[slot]!);
  }

  /** Whether this is the text; `null`: whether there is none. */
  has(name: HeaderText, text: string | null): boolean {
    const slot = texts[name];
    const from = this.#from[slot]!;
    if (text === null || from < 0) return text === null && from < 0;
    return this.#to[slot]! - from === text.length && this.#cursor.isAt(from, text);
  }

  /** Whether the text is the checksum with these digits; `null`: whether there is none. */
  hasDigest(name: HeaderText, digits: string | null): boolean {
    const slot = texts[name];
    const from = this.#from[slot]!;
    if (digits === null) return from < 0;
    return from >= 0 && this.#to[slot]! - from === SHA256.length + digits.length &&
      this.#cursor.isAt(from, SHA256) && this.#cursor.isAt(from + SHA256.length, digits);
  }

  #string(name: HeaderText): void {
    const slot = texts[name];
    this.#cursor.literal(before[name]);
    this.#from[slot] = this.#cursor.at;
    this.#cursor.string();
    this.#to[slot] = this.#cursor.at - 1;
  }

  #integer(name: "at" | "epoch" | "seq" | "v" | "version"): number {
    this.#cursor.literal(before[name]);
    return this.#cursor.integer();
  }

  #outcome(): void {
    this.#cursor.literal(before.outcome);
    this.#from[texts.outcome] = this.#cursor.at;
    this.#cursor.value();
    this.#to[texts.outcome] = this.#cursor.at;
  }

  #prev(): void {
    const cursor = this.#cursor;
    cursor.literal(before.prev);
    if (cursor.maybe(NULL)) return void (this.#from[texts.prev] = -1);
    cursor.literal(QUOTE);
    this.#from[texts.prev] = cursor.at;
    cursor.string();
    this.#to[texts.prev] = cursor.at - 1;
  }
}
