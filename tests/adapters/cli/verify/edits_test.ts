/**
 * Somebody edits an exported log, knows how it is hashed, and has all the time there is; what they do not
 * have is the checkpoints that were published. Every edit is found, and the message says where.
 */
import assert from "node:assert/strict";
import { verdictText } from "../../../../adapters/cli/verify/verdict.ts";
import { sha256 } from "../../../../adapters/cli/sha256.ts";
import { machinePorts } from "../../../../adapters/cli/simulate/ports.ts";
import { checkBlock, GrowingTree, isFault, LogCheck } from "../../../../core/evidence/mod.ts";
import type { Checkpoint, LogFault } from "../../../../core/evidence/mod.ts";
import { hashBytes, hashData, lineOf } from "../../../../core/mod.ts";
import type { SealedRow } from "../../../../core/mod.ts";
import { Random } from "../../../../core/simulation/chance/random.ts";
import { simulate } from "../../../../core/simulation/mod.ts";
import { Paper } from "../paper.ts";

const EDITS = 10_000;
const ROWS = 120;
/** A block of the exported file; a log has many. */
const BLOCK_ROWS = 32;
const NEWLINE = 0x0a;

const story = await simulate({ seed: 3, devices: 5, hours: 2, upgrades: 24 }, machinePorts);
const rows = story.rows.slice(0, ROWS);
assert.equal(rows.length, ROWS);
const published = [checkpointAt(48), checkpointAt(ROWS)];

function checkpointAt(size: number): Checkpoint {
  const tree = new GrowingTree(sha256);
  for (const { hash } of rows.slice(0, size)) tree.add(hash.slice("sha256:".length));
  return { origin: "otalog/test", size, root: tree.root };
}

const encoder = new TextEncoder();

function fileOf(rows: readonly SealedRow[]): Uint8Array {
  return encoder.encode(rows.map((row) => `${lineOf(row)}\n`).join(""));
}

/** What verify finds first, block by block as it reads them. */
function faultIn(file: Uint8Array): LogFault | undefined {
  const check = new LogCheck(sha256, published);
  let begin = 0;
  for (const block of blocksOf(file)) {
    const summary = checkBlock(block, begin, published.map(({ size }) => size), sha256);
    const fault = isFault(summary) ? summary : check.take(summary);
    if (fault) return fault;
    begin += BLOCK_ROWS;
  }
  return check.end();
}

function* blocksOf(file: Uint8Array): Iterable<Uint8Array> {
  let [from, lines] = [0, 0];
  for (let end = file.indexOf(NEWLINE); end >= 0; end = file.indexOf(NEWLINE, end + 1)) {
    if (++lines % BLOCK_ROWS > 0) continue;
    yield file.subarray(from, end + 1);
    from = end + 1;
  }
  if (from < file.length) yield file.subarray(from);
}

/** Hashes, chains and places that fit again, from the row on: what a forger does. */
function rehashed(edited: readonly SealedRow[], from: number): SealedRow[] {
  const heads = new Map<string, string>();
  const versions = new Map<string, number>();
  return edited.map((row, nth) => {
    const { stream } = row;
    const version = (versions.get(stream) ?? 0) + 1;
    versions.set(stream, version);
    if (nth < from) return heads.set(stream, row.hash), row;
    const header = JSON.parse(row.bytes);
    const place = { prev: heads.get(stream) ?? null, seq: nth + 1, version };
    const data = hashData(row.salt, row.data, sha256);
    const bytes = JSON.stringify({ ...header, ...place, data });
    const hash = hashBytes(bytes, sha256);
    heads.set(stream, hash);
    return { ...row, bytes, hash };
  });
}

/** An edit: the file, and the first and last row in which it may be seen, as a message says it. */
interface Edited {
  readonly file: Uint8Array;
  readonly first: number;
  readonly last: number;
}

/** Up to the checkpoint that shows it, from the one before. */
function shownBy(row: number): Pick<Edited, "first" | "last"> {
  return row <= published[0]!.size
    ? { first: 1, last: published[0]!.size }
    : { first: published[0]!.size + 1, last: ROWS };
}

const at = (row: number) => ({ first: row, last: row });
const honest = fileOf(rows);

const edits: Readonly<Record<string, (random: Random) => Edited>> = {
  flip: (random) => {
    const file = honest.slice();
    // The end of the last line holds nothing.
    const place = random.below(file.length - 1);
    file[place] = (file[place]! + random.between(1, 255)) % 256;
    const row = honest.subarray(0, place).reduce((sum, byte) => sum + Number(byte === NEWLINE), 1);
    return { file, ...at(row) };
  },
  delete: (random) => {
    const nth = random.below(ROWS);
    // Without its last row a log is only shorter.
    return { file: fileOf(rows.toSpliced(nth, 1)), ...at(Math.min(nth + 1, ROWS)) };
  },
  swap: (random) => {
    const [one, other] = [random.below(ROWS), random.below(ROWS - 1)];
    const second = other >= one ? other + 1 : other;
    const file = fileOf(rows.with(one, rows[second]!).with(second, rows[one]!));
    return { file, ...at(Math.min(one, second) + 1) };
  },
  insert: (random) => {
    const nth = random.below(ROWS);
    return {
      file: fileOf(rows.toSpliced(nth, 0, rows[random.below(ROWS)]!)),
      first: nth + 1,
      last: nth + 2,
    };
  },
  truncate: (random) => {
    const size = random.below(honest.length - 1);
    const file = honest.slice(0, size);
    const row = file.reduce((sum, byte) => sum + Number(byte === NEWLINE), 1);
    // Of a line that has lost its end alone nothing is missing.
    return { file, first: row, last: row + 1 };
  },
  "rewrite a row and all after it": (random) => {
    const nth = random.below(ROWS);
    const header = JSON.parse(rows[nth]!.bytes);
    const bytes = JSON.stringify({ ...header, at: header.at + random.between(1, 1_000) });
    return {
      file: fileOf(rehashed(rows.with(nth, { ...rows[nth]!, bytes }), nth)),
      ...shownBy(nth + 1),
    };
  },
  "rewrite what was said": (random) => {
    const nth = random.below(ROWS);
    const row = { ...rows[nth]!, data: `{"said":${random.below(1_000_000)}}` };
    return { file: fileOf(rehashed(rows.with(nth, row), nth)), ...shownBy(nth + 1) };
  },
  "what is personal": (random) => {
    const nth = random.below(ROWS);
    const row = rows[nth]!;
    const texts = [null, "", `{"salt":"${row.salt}","tags":[]}`].filter((t) => t !== row.personal);
    return {
      file: fileOf(rows.with(nth, { ...row, personal: random.pick(texts) })),
      ...at(nth + 1),
    };
  },
  "take out a row and rewrite all after it": (random) => {
    const nth = random.below(ROWS - 1);
    const file = fileOf(rehashed(rows.toSpliced(nth, 1), nth));
    // Of those after the first checkpoint there are too few for the last one.
    return { file, ...(nth < published[0]!.size ? shownBy(nth + 1) : at(ROWS)) };
  },
  "put in a row and rewrite all after it": (random) => {
    const nth = random.below(ROWS);
    const file = fileOf(rehashed(rows.toSpliced(nth, 0, rows[random.below(ROWS)]!), nth));
    return { file, ...shownBy(nth + 1) };
  },
  "swap two rows and rewrite all after it": (random) => {
    const nth = random.below(ROWS - 1);
    const file = fileOf(rehashed(rows.with(nth, rows[nth + 1]!).with(nth + 1, rows[nth]!), nth));
    return { file, ...shownBy(nth + 1) };
  },
};

/** The rows that a message names. */
function placeIn(message: string): [first: number, last: number] {
  const [, from, to] = /rows (\d+) to (\d+) was edited/.exec(message) ?? [];
  if (from !== undefined) return [Number(from), Number(to)];
  const [, end] = /the log ends after row (\d+)/.exec(message) ?? [];
  const [, row] = /row (\d+), \S/.exec(message) ?? [];
  const place = end === undefined ? Number(row) : Number(end) + 1;
  assert.ok(place > 0, message);
  return [place, place];
}

Deno.test("verify finds nothing in the log as it is", () => {
  assert.equal(faultIn(honest), undefined);
});

const kinds = Object.entries(edits);
for (const [name, edit] of kinds) {
  const count = Math.ceil(EDITS / kinds.length);
  Deno.test(`verify finds each of ${count} edits of the kind "${name}", and says where`, () => {
    const random = new Random(7);
    for (let n = 0; n < count; n++) {
      const { file, first, last } = edit(random);
      const fault = faultIn(file);
      assert.ok(fault, `${name} ${n} was not found`);
      const verdict = {
        about: "log" as const,
        rows: 0,
        log: "",
        root: "",
        proved: 0,
        erased: 0,
        checkpoints: 2,
      };
      const message = verdictText(new Paper(false), { ...verdict, fault });
      const [from, to] = placeIn(message);
      assert.ok(from <= last && to >= first, `${name} ${n} is in ${first} to ${last}: ${message}`);
    }
  });
}
