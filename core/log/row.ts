/**
 * A row of the log: one accepted input and what the engine decided on it, sealed with a hash over
 * its canonical bytes. In the bytes `data` stands as the hash of salt and data, and in the data what is
 * personal stands as the hash of a text beside it, so that this text can be erased later without breaking
 * a proof, and without a doubt about the rest.
 */
import { toChecksum } from "../protocol/ids.ts";
import type { Transport } from "../protocol/reports.ts";
import { canonicalJson } from "./canonical.ts";
import { FACT_VERSION } from "./facts.ts";
import type { Fact } from "./facts.ts";
import { personalText } from "./personal.ts";

/** SHA-256 of the bytes, as lowercase hexadecimal digits, at once. */
export type Sha256 = (bytes: Uint8Array) => string;

/** A change of one task's state. */
export interface Move {
  /** The task that moved. */
  readonly task: string;
  /** `null` when the task begins. */
  readonly from: string | null;
  /** The state after it. */
  readonly to: string;
  /** The attempt after it, from 1. */
  readonly attempt: number;
  /** A word of the list in `core/upgrade/reasons.ts`. */
  readonly reason?: string;
  /** Where a digest decided: how many different bytes of the image the engine had given out. */
  readonly fetched?: number;
}

/** Something to be done after the fact is durable; the shell interprets it. */
export interface Effect {
  /** The name of the effect, imperative. */
  readonly type: string;
  /** The task it is about. */
  readonly task?: string;
  /** Where it recommends a transport: which one. */
  readonly transport?: Transport;
  /** And why: a word of the list in `core/network/recommendation.ts`. */
  readonly reason?: string;
}

/** What the pure step made of a fact. */
export interface Outcome {
  /** Changes of state, in order. */
  readonly moves: readonly Move[];
  /** What is to be done, in order. */
  readonly effects: readonly Effect[];
}

/** Where a row stands in its log. */
export interface RowPlace {
  /** The id of the log. */
  readonly log: string;
  /** Dense, from 1, over the whole log. */
  readonly seq: number;
  /** Which lease of the store wrote it. */
  readonly epoch: number;
  /** `device/{id}`, `image/{sha256}` or `engine`. */
  readonly stream: string;
  /** Dense, from 1, within the stream. */
  readonly version: number;
  /** The hash of the stream's previous row; `null` for its first. */
  readonly prev: string | null;
  /** The `seq` of the row this one followed from, or `null`. */
  readonly cause: number | null;
}

/** A row as it is stored: texts that are never re-serialised. */
export interface SealedRow {
  /** Dense, from 1, over the whole log. */
  readonly seq: number;
  /** `device/{id}`, `image/{sha256}` or `engine`. */
  readonly stream: string;
  /** Dense, from 1, within the stream. */
  readonly version: number;
  /** Canonical JSON of the row with `data` as a hash. */
  readonly bytes: string;
  /** Canonical JSON of the fact's data. */
  readonly data: string;
  /** 16 random bytes as 32 hexadecimal digits. */
  readonly salt: string;
  /** SHA-256(0x00 ‖ bytes). */
  readonly hash: string;
  /** What is personal in it, as canonical JSON with a salt of its own; `null`: nothing is, or it was erased. */
  readonly personal: string | null;
}

/** What `bytes` hold, parsed. */
export interface RowHeader extends RowPlace {
  /** Engine time, milliseconds since 1970. */
  readonly at: number;
  /** `operator:{label}`, `device:{id}` or `engine`. */
  readonly actor: string;
  /** The name of the fact. */
  readonly type: string;
  /** Version of the fact's shape. */
  readonly v: number;
  /** The task the fact is about. */
  readonly task?: string;
  /** The hash of salt and data. */
  readonly data: string;
  /** What was decided on it. */
  readonly outcome: Outcome;
}

const encoder = new TextEncoder();

/** Seals a fact and its outcome into a row. `newSalt` gives 32 new hexadecimal digits with each call. */
export function sealRow(
  place: RowPlace,
  fact: Fact,
  outcome: Outcome,
  newSalt: () => string,
  sha256: Sha256,
): SealedRow {
  const salt = newSalt();
  const personal = fact.personal ? personalText(fact.personal, newSalt()) : null;
  const data = canonicalJson(
    personal === null ? fact.data : { ...fact.data, personal: hashText(personal, sha256) },
  );
  const bytes = headerBytes(place, fact, outcome, hashData(salt, data, sha256));
  const { seq, stream, version } = place;
  return { seq, stream, version, bytes, data, salt, hash: hashBytes(bytes, sha256), personal };
}

/** The canonical row; `data` is the hash of salt and data. */
export function headerBytes(
  { log, seq, epoch, stream, version, prev, cause }: RowPlace,
  { at, actor, type, task }: Omit<Fact, "data">,
  { effects, moves }: Outcome,
  data: string,
): string {
  // In the order of canonical JSON, which is written at once then.
  const header: RowHeader = {
    actor,
    at,
    cause,
    data,
    epoch,
    log,
    outcome: { effects, moves },
    prev,
    seq,
    stream,
    ...(task === undefined ? {} : { task }),
    type,
    v: FACT_VERSION,
    version,
  };
  return canonicalJson(header);
}

/** SHA-256(salt ‖ data) in the notation of a digest. */
export function hashData(salt: string, data: string, sha256: Sha256): string {
  return toChecksum(sha256(joined(Uint8Array.fromHex(salt), data)));
}

/** SHA-256(text) in the notation of a digest. */
export function hashText(text: string, sha256: Sha256): string {
  return toChecksum(sha256(joined(NOTHING, text)));
}

const NOTHING = new Uint8Array();
/** The prefix keeps a row apart from a node of a tree (RFC 9162 §2.1.1). */
const LEAF = Uint8Array.of(0);

/** SHA-256(0x00 ‖ bytes). */
export function hashBytes(bytes: string, sha256: Sha256): string {
  return toChecksum(sha256(joined(LEAF, bytes)));
}

/** Written anew for each hash: to allocate and copy costs as much as to hash. Longer rows are rare. */
const scratch = new Uint8Array(32_768);

/** The prefix and the text as UTF-8, until the next call. */
function joined(prefix: Uint8Array, text: string): Uint8Array {
  // A UTF-16 code unit has three bytes at most.
  const most = prefix.length + 3 * text.length;
  const room = most <= scratch.length ? scratch : new Uint8Array(most);
  room.set(prefix);
  const { written } = encoder.encodeInto(text, room.subarray(prefix.length));
  return room.subarray(0, prefix.length + written);
}
