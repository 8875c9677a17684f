/** The header of a plain row: the canonical JSON that its hash is of, read from its bytes. */
import { Cursor, literalOf } from "./cursor.ts";
import { KnownTexts } from "./known_texts.ts";
import { SameJson } from "./same_json.ts";

/** What stands before the digits of a checksum. */
const SHA256 = "sha256:";

const NULL = literalOf("null");
const QUOTE = literalOf('"');
const END = literalOf("}");

/** A member that is a text: what stands before it, and its place in what is noted of them. */
interface TextMember {
  readonly before: Uint8Array;
  readonly slot: number;
}

/** `actor` is the first one in the order of canonical JSON; `outcome` is the canonical JSON of it. */
const texts = {
  actor: { before: literalOf('{"actor":"'), slot: 0 },
  data: { before: literalOf(',"data":"'), slot: 1 },
  log: { before: literalOf(',"log":"'), slot: 2 },
  outcome: { before: literalOf(',"outcome":'), slot: 3 },
  prev: { before: literalOf(',"prev":'), slot: 4 },
  stream: { before: literalOf(',"stream":"'), slot: 5 },
  task: { before: literalOf(',"task":"'), slot: 6 },
  type: { before: literalOf(',"type":"'), slot: 7 },
} satisfies Record<string, TextMember>;
/** A member of a header that is a text. */
export type HeaderText = keyof typeof texts;
const TEXTS = Object.keys(texts).length;

/** What stands before each integer. */
const integers = {
  at: literalOf(',"at":'),
  cause: literalOf(',"cause":'),
  epoch: literalOf(',"epoch":'),
  seq: literalOf(',"seq":'),
  v: literalOf(',"v":'),
  version: literalOf(',"version":'),
};

const same = new SameJson();

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
    this.#string(texts.actor);
    this.at = this.#integer(integers.at);
    this.cause = cursor.literal(integers.cause) && cursor.maybe(NULL) ? null : cursor.integer();
    this.#string(texts.data);
    this.epoch = this.#integer(integers.epoch);
    this.#string(texts.log);
    this.#outcome();
    this.#prev();
    this.seq = this.#integer(integers.seq);
    this.#string(texts.stream);
    if (cursor.isNext(texts.task.before)) this.#string(texts.task);
    else this.#from[texts.task.slot] = -1;
    this.#string(texts.type);
    this.v = this.#integer(integers.v);
    this.version = this.#integer(integers.version);
    return cursor.literal(END) && cursor.isDone;
  }

  /** The text; `undefined`: there is none, or it is `null`. */
  text(name: HeaderText): string | undefined {
    const { slot } = texts[name];
    const from = this.#from[slot]!;
    return from < 0 ? undefined : this.#known.of(this.#cursor.bytes, from, this.#to[slot]!);
  }

  /** Whether this is the text; `null`: whether there is none. */
  has(name: HeaderText, text: string | null): boolean {
    const { slot } = texts[name];
    const from = this.#from[slot]!;
    if (text === null || from < 0) return text === null && from < 0;
    return this.#to[slot]! - from === text.length && this.#cursor.isAt(from, text);
  }

  /** Whether the text is the checksum with these digits; `null`: whether there is none. */
  hasDigest(name: HeaderText, digits: string | null): boolean {
    const { slot } = texts[name];
    const from = this.#from[slot]!;
    if (digits === null) return from < 0;
    return from >= 0 && this.#to[slot]! - from === SHA256.length + digits.length &&
      this.#cursor.isAt(from, SHA256) && this.#cursor.isAt(from + SHA256.length, digits);
  }

  /** Whether the text is the canonical JSON of the value, which is one that is nearly always so. */
  hasJson(name: HeaderText, value: unknown): boolean {
    const { slot } = texts[name];
    return same.is(value, this.#cursor.bytes, this.#from[slot]!, this.#to[slot]!);
  }

  #string({ before, slot }: TextMember): void {
    this.#cursor.literal(before);
    this.#from[slot] = this.#cursor.at;
    this.#cursor.string();
    this.#to[slot] = this.#cursor.at - 1;
  }

  #integer(before: Uint8Array): number {
    this.#cursor.literal(before);
    return this.#cursor.integer();
  }

  #outcome(): void {
    const { before, slot } = texts.outcome;
    this.#cursor.literal(before);
    this.#from[slot] = this.#cursor.at;
    this.#cursor.value();
    this.#to[slot] = this.#cursor.at;
  }

  #prev(): void {
    const { before, slot } = texts.prev;
    const cursor = this.#cursor;
    cursor.literal(before);
    if (cursor.maybe(NULL)) return void (this.#from[slot] = -1);
    cursor.literal(QUOTE);
    this.#from[slot] = cursor.at;
    cursor.string();
    this.#to[slot] = cursor.at - 1;
  }
}
