/**
 * The rows of one device with a proof for each that it is in a log: a first line with the device, a
 * checkpoint and the key that signed it, and then a line for each row, which has the hashes of an inclusion
 * proof as `proof` (RFC 9162 §2.1.3) besides the members of an exported row.
 */
import { z } from "zod";
import { deviceId, toHex } from "../protocol/mod.ts";
import { deviceStream, ErasedRows, erasureIn, isWritten, textIn, textsOf } from "../log/mod.ts";
import type { Sha256, TextsOfRow } from "../log/mod.ts";
import { jsonIn } from "../log/json_in.ts";
import { originOf, parseCheckpoint } from "./checkpoint.ts";
import { parseNote, parseVerifierKey } from "./note.ts";
import { provesInclusion } from "./proofs.ts";
import { checkRow, differs, isFault } from "./row_check.ts";
import type { CheckedRow, RowFault } from "./row_check.ts";
import type { SignedHead } from "./signed_head.ts";
import type { TreeHash } from "./tree.ts";

/** What the first line says. */
export interface ProofsHead extends SignedHead {
  readonly device: string;
}

const headSchema = z.strictObject({ checkpoint: z.string(), device: deviceId, key: z.string() });
const rowSchema = z.strictObject({
  bytes: z.string(),
  data: z.string(),
  salt: z.string(),
  hash: z.string(),
  personal: z.string().optional(),
  proof: z.array(z.string().regex(/^[0-9a-f]{64}$/)).max(64),
});

/** The first line. */
export function proofsHeadLine(device: string, checkpoint: string, key: string): string {
  return JSON.stringify({ checkpoint, device, key });
}

/** The line of a row. */
export function provedRowLine(row: TextsOfRow, proof: readonly TreeHash[]): string {
  return JSON.stringify({ ...textsOf(row), proof });
}

/** Reads the first line; `undefined`: it is none. */
export function readProofsHead(line: string, sha256: Sha256): ProofsHead | undefined {
  const head = headSchema.safeParse(jsonIn(line));
  if (!head.success) return undefined;
  const { device, ...said } = head.data;
  if (!isWritten(line, proofsHeadLine(device, said.checkpoint, said.key))) return undefined;
  const note = parseNote(said.checkpoint);
  const checkpoint = note && parseCheckpoint(note.text);
  const key = parseVerifierKey(said.key, sha256);
  return checkpoint && key && { device, note, checkpoint, key };
}

/** Checks the rows of one device, line by line. */
export class ProofsCheck {
  readonly #head: ProofsHead;
  readonly #sha256: Sha256;
  readonly #erased = new ErasedRows();
  #last: CheckedRow | undefined;
  #rows = 0;

  constructor(head: ProofsHead, sha256: Sha256) {
    this.#head = head;
    this.#sha256 = sha256;
  }

  /** Rows so far. */
  get rows(): number {
    return this.#rows;
  }

  /** Rows without their personal text. */
  get erased(): number {
    return this.#erased.met;
  }

  /** Takes the next line, or says what is wrong with it. Never throws. */
  take(bytesOfLine: Uint8Array): RowFault | undefined {
    const line = textIn(bytesOfLine) ?? "";
    const said = rowSchema.safeParse(jsonIn(line));
    const { proof = [], personal = null, ...texts } = said.data ?? {};
    const given = { ...texts, personal } as TextsOfRow;
    if (!said.success || !isWritten(line, provedRowLine(given, proof))) {
      return differs("its line", "a row and its proof", line);
    }
    const row = checkRow(given, this.#sha256);
    if (isFault(row)) return row;
    const fault = this.#misplaced(row) ?? this.#unproved(row, proof) ?? this.#noteErasures(row);
    if (fault) return fault;
    this.#last = row;
    this.#rows++;
    return undefined;
  }

  /** There are no more lines; what is wrong with that. */
  end(): RowFault | undefined {
    const erased = this.#erased.first;
    if (!erased) return undefined;
    return differs("personal", `the text of row ${erased.seq}, or its erasure on record`, "none");
  }

  #misplaced({ log, seq, stream, version, prev }: CheckedRow): RowFault | undefined {
    const { device, checkpoint: { origin } } = this.#head;
    if (originOf(log) !== origin) return differs("log", origin, originOf(log));
    if (stream !== deviceStream(device)) return differs("stream", deviceStream(device), stream);
    const last = this.#last;
    if (version !== this.#rows + 1) return differs("version", this.#rows + 1, version);
    if (prev !== (last?.hash ?? null)) return differs("prev", last?.hash ?? null, prev);
    if (seq <= (last?.seq ?? 0)) return differs("seq", `more than ${last!.seq}`, seq);
    return undefined;
  }

  #unproved({ seq, hash }: CheckedRow, path: readonly TreeHash[]): RowFault | undefined {
    const { size, root } = this.#head.checkpoint;
    const inclusion = { index: seq - 1, leaf: toHex(hash), size, root, path };
    if (provesInclusion(inclusion, this.#sha256)) return undefined;
    return differs(
      "proof",
      `that row ${seq} is among the ${size} of the checkpoint`,
      "no such proof",
    );
  }

  #noteErasures({ stream, seq, version, type, data, isErased }: CheckedRow): RowFault | undefined {
    if (isErased) this.#erased.add({ stream, seq, version });
    if (type !== "DataErased") return undefined;
    const erasure = erasureIn(data, stream, version);
    if (!erasure) return differs("data", "the data of DataErased", data);
    this.#erased.cover(erasure);
    return undefined;
  }
}
