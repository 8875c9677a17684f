/**
 * Decides streams again: every row is stepped anew with the fact it holds, and must come out as the same
 * bytes. Streams are independent of one another, so that several of these can share a log.
 */
import type { Device } from "../device/state.ts";
import type { Models } from "../engine/ports.ts";
import {
  isDeviceFact,
  isImageFact,
  stepDeviceStream,
  stepEngineStream,
  stepImageStream,
} from "../engine/streams.ts";
import type { StreamStep } from "../engine/streams.ts";
import {
  canonicalJson,
  deviceStream,
  ErasedRows,
  FACT_VERSION,
  hashBytes,
  hashData,
  hashText,
  headerBytes,
  imageStream,
} from "../log/mod.ts";
import type { Fact, RowHeader, Sha256 } from "../log/mod.ts";
import { PlainHeader } from "../log/plain_header.ts";
import { PlainRow } from "../log/plain_row.ts";
import { toChecksum, toHex } from "../protocol/mod.ts";
import { differs } from "./divergence.ts";
import type { Difference, Divergence } from "./divergence.ts";
import type { RowOrder } from "./log_order.ts";
import { KnownData } from "./known_data.ts";
import { factWith, readRow } from "./read_row.ts";
import type { ReadRow, StoredCells } from "./read_row.ts";

/** A row that came out the same. */
export interface Decided extends RowOrder {
  /** The id of the log. */
  readonly log: string;
  readonly hash: string;
  /** How many changes of a task's state it led to. */
  readonly moves: number;
  /** The read models it led to. */
  readonly models: Models;
}

type Place = Pick<ReadRow["header"], "log" | "epoch" | "stream" | "version">;

/** A stream so far. */
interface Stream {
  readonly version: number;
  /** Of its last row, without what stands before them in a checksum. */
  readonly digits: string | null;
  readonly device: Device | undefined;
}

const NONE: Stream = { version: 0, digits: null, device: undefined };

/** Read into anew for each row. */
const plain = { row: new PlainRow(), header: new PlainHeader() };

/** Streams of one log, each with its rows in their order. */
export class StreamReplay {
  readonly #sha256: Sha256;
  readonly #streams = new Map<string, Stream>();
  #devices = 0;
  readonly #known = new KnownData();
  readonly #erased = new ErasedRows();

  /** `sha256` is the one the log was made with. */
  constructor(sha256: Sha256) {
    this.#sha256 = sha256;
  }

  /** How many devices there are. */
  get devices(): number {
    return this.#devices;
  }

  /** Takes the row that is in that place of the log: what it leads to, or where it diverges. */
  take(cells: StoredCells, seq: number): Decided | Divergence {
    const isPlain = plain.row.set(cells) && plain.header.read(plain.row.sealed, 1);
    return isPlain && this.#isPlaced(cells) && this.#takePlain(seq) || this.#takeAny(cells, seq);
  }

  /** Takes such a line; `undefined`: it is not as nearly all lines are, or it diverges. */
  takeLine(bytes: Uint8Array, from: number, to: number, seq: number): Decided | undefined {
    const { row, header } = plain;
    if (!row.read(bytes, from, to) || !header.read(row.sealed, 1)) return undefined;
    return this.#takePlain(seq);
  }

  /** Whether the cells of a table name the place that the row itself names. */
  #isPlaced({ seq, stream, version }: StoredCells): boolean {
    const { header } = plain;
    return seq === header.seq && version === header.version && typeof stream === "string" &&
      header.has("stream", stream);
  }

  /** Takes the row that was read, if to seal it anew gives the same. */
  #takePlain(seq: number): Decided | undefined {
    const { row, header } = plain;
    const { at, epoch, version, cause } = header;
    if (header.seq !== seq || header.v !== FACT_VERSION || cause !== null && cause >= seq) return;
    const stream = header.text("stream")!;
    const before = this.#streams.get(stream) ?? NONE;
    if (version !== before.version + 1 || !header.hasDigest("prev", before.digits)) return;
    const type = header.text("type")!;
    const actor = header.text("actor")!;
    const data = this.#known.of(type, row);
    if (!data || "personal" in data) return;
    const fact = factWith({ type, at, actor, task: header.text("task") }, data);
    const place = { log: header.text("log")!, epoch, stream, version };
    if (strangePlace(fact, place, seq)) return;
    const step = stepped(before.device, fact);
    if (!step || !header.hasJson("outcome", step.outcome)) return;
    const digits = this.#sha256(row.sealed);
    if (!row.hasHash(digits) || !header.hasDigest("data", this.#sha256(row.salted))) return;
    return this.#advance(place, fact, digits, step);
  }

  /** Takes the row, or says what is wrong with it. */
  #takeAny(cells: StoredCells, seq: number): Decided | Divergence {
    const row = readRow(cells);
    if ("what" in row) return { seq, stream: String(cells.stream), ...row };
    const { header, fact } = row;
    const diverges = (difference: Difference): Divergence => ({
      seq,
      stream: header.stream,
      ...difference,
    });
    // What was edited is no ground for anything else.
    const data = hashData(row.salt, canonicalJson(fact.data), this.#sha256);
    if (data !== header.data) return diverges(differs("data", header.data, data));
    const misplaced = this.#misplaced(row, seq);
    if (misplaced) return diverges(misplaced);
    const step = stepped(this.#streams.get(header.stream)?.device, fact);
    if (!step) return diverges(differs("fact", "one that changes something", fact.type));
    const different = this.#differenceOf(cells, row, step);
    if (different) return diverges(different);
    return this.#advance(header, fact, toHex(String(cells.hash)), step);
  }

  /** Whether a row lost its personal text, and no row so far says that it was erased. */
  get isErasureOwed(): boolean {
    return this.#erased.size > 0;
  }

  /** There are no more rows; where that is a divergence. */
  end(): Divergence | undefined {
    const erased = this.#erased.first;
    if (!erased) return undefined;
    const { seq, stream } = erased;
    const expected = "the text, or an erasure of this row on record";
    return { seq, stream, ...differs("personal", expected, "none") };
  }

  /** The stream's next place: dense, chained, after what caused it. */
  #misplaced({ header, fact }: ReadRow, seq: number): Difference | undefined {
    const { version, digits } = this.#streams.get(header.stream) ?? NONE;
    const hash = digits === null ? null : toChecksum(digits);
    if (header.seq !== seq) return differs("seq", seq, header.seq);
    if (header.version !== version + 1) return differs("version", version + 1, header.version);
    if (header.prev !== hash) return differs("prev", hash, header.prev);
    if (header.cause !== null && header.cause >= seq) {
      return differs("cause", "an earlier row", header.cause);
    }
    return strangePlace(fact, header, seq);
  }

  /** The outcome first, as it says most; then each stored text, sealed anew. */
  #differenceOf(
    cells: StoredCells,
    { header, fact, salt }: ReadRow,
    { outcome }: StreamStep,
  ): Difference | undefined {
    const [expected, found] = [canonicalJson(outcome), canonicalJson(header.outcome)];
    if (expected !== found) return differs("outcome", expected, found);
    const data = canonicalJson(fact.data);
    const bytes = headerBytes(header, fact, outcome, header.data);
    const { seq, stream, version } = header;
    const sealed = {
      seq,
      stream,
      version,
      bytes,
      data,
      salt,
      hash: hashBytes(bytes, this.#sha256),
    };
    for (const column of ["seq", "stream", "version", "bytes", "data", "salt", "hash"] as const) {
      if (cells[column] !== sealed[column]) return differs(column, sealed[column], cells[column]);
    }
    return this.#differencePersonal(cells, header, fact);
  }

  /** The personal text, if it is there, is the one that the data has a hash of. */
  #differencePersonal(
    { personal = null }: StoredCells,
    { seq, stream, version }: RowHeader,
    { data }: Fact,
  ): Difference | undefined {
    const expected = "personal" in data ? data.personal : undefined;
    if (personal === null) {
      if (expected !== undefined) this.#erased.add({ stream, seq, version });
      return undefined;
    }
    const found = hashText(String(personal), this.#sha256);
    return found === expected ? undefined : differs("personal", expected ?? "none", found);
  }

  #advance(
    { log, epoch, stream, version }: Place,
    fact: Fact,
    digits: string,
    { models, outcome }: StreamStep,
  ): Decided {
    const before = this.#streams.get(stream);
    const device = models.device ?? before?.device;
    if (device && !before?.device) this.#devices++;
    this.#streams.set(stream, { version, digits, device });
    if (fact.type === "DataErased") {
      this.#erased.cover({ stream, through: fact.data.through });
    }
    const nextEpoch = fact.type === "EngineStarted" ? fact.data.epoch : epoch;
    const hash = toChecksum(digits);
    return { log, epoch, nextEpoch, at: fact.at, hash, moves: outcome.moves.length, models };
  }
}

/** Some facts say where they stand: in which log, in which stream, behind which rows. */
function strangePlace(
  fact: Fact,
  { log, stream, version }: Place,
  seq: number,
): Difference | undefined {
  switch (fact.type) {
    case "LogCreated":
      return unequal("log", fact.data.log_id, log);
    case "LogRestored":
      return unequal("rows", seq - 1, fact.data.rows);
    case "DataErased": {
      const { through } = fact.data;
      return through < version ? undefined : differs("through", `below ${version}`, through);
    }
    case "DeviceRegistered":
      return unequal("stream", deviceStream(fact.data.device_id), stream);
    case "ImageUploaded":
      return unequal("stream", imageStream(toHex(fact.data.image)), stream);
    default:
      return undefined;
  }
}

function unequal(
  what: string,
  expected: string | number,
  found: string | number,
): Difference | undefined {
  return expected === found ? undefined : differs(what, expected, found);
}

/** What the fact leads to; `undefined`: it does not follow from that state. */
function stepped(before: Device | undefined, fact: Fact): StreamStep | undefined {
  try {
    if (isDeviceFact(fact)) return stepDeviceStream(before, fact);
    return isImageFact(fact) ? stepImageStream(fact) : stepEngineStream();
  } catch {
    return undefined;
  }
}
