/** Rows that lost their personal text hold before whoever proves a log, and rows that lost more do not. */
import assert from "node:assert/strict";
import {
  canonicalJson,
  personalIn,
  personalText,
  sealRow,
  withoutPersonal,
} from "../../core/mod.ts";
import type { Fact, Personal, SealedRow } from "../../core/mod.ts";
import {
  erasedLog,
  linesFault,
  proofsFault,
  replayFault,
  rootOf,
  TEXTS,
  verifyFault,
} from "./support/erased.ts";
import { LogCheck, Segment } from "../../core/evidence/mod.ts";
import { ANY_SHA512 } from "../support/any_sha512.ts";
import { sha256 } from "./support/bench_engine.ts";

/** What each way to prove the log finds. */
function faults(rows: readonly SealedRow[], device = "lake-1") {
  return {
    verify: verifyFault(rows),
    replay: replayFault(rows),
    lines: linesFault(rows, 2),
    proofs: proofsFault(rows, device),
  };
}

/** Nobody finds anything. */
const NONE = { verify: undefined, replay: undefined, lines: undefined, proofs: undefined };

/** The rows of a log that have a personal text. */
function withText(rows: readonly SealedRow[]): SealedRow[] {
  return rows.filter(({ personal }) => personal !== null);
}

/** The log with that row as it is edited. */
function edited(rows: readonly SealedRow[], seq: number, edit: (row: SealedRow) => SealedRow) {
  return rows.with(seq - 1, edit(rows[seq - 1]!));
}

Deno.test("an erased log is proved and decided as before, and its texts are gone", async () => {
  const { before, rows } = await erasedLog();
  assert.deepEqual(faults(before), NONE);
  assert.deepEqual(faults(rows), NONE);
  assert.deepEqual(faults(rows, "pump-7"), NONE);
  for (const segmentRows of [1, 2, 64]) assert.equal(verifyFault(rows, segmentRows), undefined);

  const texts = (rows: readonly SealedRow[]) =>
    TEXTS.filter((text) => JSON.stringify(rows).includes(text));
  assert.deepEqual([texts(before), texts(rows)], [TEXTS, []]);
  assert.equal(rows.filter(({ personal }) => personal?.includes("out of power")).length, 1);
  assert.deepEqual([withText(before).length, withText(rows).length], [4, 2]);
  // All else is what it was, and so is every root of the tree.
  assert.deepEqual(rows.slice(0, before.length).map(withoutPersonal), before.map(withoutPersonal));
  assert.equal(rootOf(rows, 0, before.length), rootOf(before, 0, before.length));
});

const PERSONAL = canonicalJson({ reason: "nobody was called", salt: "0b".repeat(16) });

for (
  const [name, edit, what] of [
    ["other data", { data: '{"status":"rejected"}' }, "data"],
    ["data without the hash", { data: '{"status":"failed"}' }, "data"],
    ["no data", { data: "" }, "data"],
    ["no salt", { salt: "" }, "salt"],
    ["another salt", { salt: "00".repeat(16) }, "data"],
    ["another text", { personal: PERSONAL }, "personal"],
    ["an empty text", { personal: "" }, "personal"],
  ] as [string, Partial<SealedRow>, string][]
) {
  Deno.test(`nothing is put into an erased row unseen: ${name}`, async () => {
    const { before, rows } = await erasedLog();
    const { seq } = withText(before)[1]!;
    for (const log of [before, rows]) {
      const { verify, ...others } = faults(edited(log, seq, (row) => ({ ...row, ...edit })));
      assert.equal(verify, `${seq} ${what}`);
      for (const [way, fault] of Object.entries(others)) assert.ok(fault, way);
    }
  });
}

Deno.test("who kept a personal text proves by it what was there before", async () => {
  const { before, rows } = await erasedLog();
  const { seq, personal } = withText(before)[1]!;
  assert.deepEqual(faults(edited(rows, seq, () => before[seq - 1]!)), NONE);
  assert.deepEqual(personalIn(personal), { reason: "owner was called" });
});

Deno.test("a row without its personal text is found when no erasure of it is on record", async () => {
  const { before } = await erasedLog();
  for (const { seq, stream } of withText(before)) {
    const found = faults(edited(before, seq, withoutPersonal), stream.slice("device/".length));
    for (const [way, fault] of Object.entries(found)) {
      assert.equal(fault, way === "proofs" ? "personal" : `${seq} personal`);
    }
  }
  // Nor is it enough that the erasure comes in a later part of the log than somebody has.
  const { rows } = await erasedLog();
  const cut = rows.slice(0, before.length);
  const { seq } = withText(before)[0]!;
  assert.deepEqual([verifyFault(cut), replayFault(cut)], Array(2).fill(`${seq} personal`));
});

Deno.test("a text is put into no row that had none", async () => {
  const { before } = await erasedLog();
  for (const { seq, stream, personal } of before) {
    if (personal !== null) continue;
    const device = stream.replace("device/", "");
    const found = faults(edited(before, seq, (row) => ({ ...row, personal: PERSONAL })), device);
    assert.deepEqual([found.verify, found.replay, found.lines], Array(3).fill(`${seq} personal`));
    if (stream.startsWith("device/")) assert.equal(found.proofs, `${seq} personal`);
  }
});

/** What somebody who can hash wrote: in the stream, of the type, that. */
type Made = readonly [stream: string, type: string, data: object, personal?: Personal];

/** A log made by hand. */
function made(...facts: Made[]): SealedRow[] {
  const heads = new Map<string, SealedRow>();
  return facts.map(([stream, type, data, personal], nth) => {
    const before = heads.get(stream);
    const version = (before?.version ?? 0) + 1;
    const place = { log: "00", seq: nth + 1, epoch: 1, stream, version, cause: null };
    const said = { type, at: 1_000 + nth, actor: "operator:x", data };
    const fact = { ...said, ...(personal && { personal }) } as unknown as Fact;
    const salt = `${nth}`.padStart(32, "0");
    const prev = before?.hash ?? null;
    const row = sealRow({ ...place, prev }, fact, { effects: [], moves: [] }, () => salt, sha256);
    heads.set(stream, row);
    return row;
  });
}

const registered = (device: string): Made => [
  `device/${device}`,
  "DeviceRegistered",
  { device_id: device },
  { tags: ["by name"] },
];
const erasure = (stream: string, through: number): Made => [
  stream,
  "DataErased",
  { rows: 1, through },
];

/** What is found when the first row has lost its text. */
function found(...facts: Made[]) {
  const [first, ...others] = made(...facts);
  const { verify, replay, lines, proofs } = faults([withoutPersonal(first!), ...others], "a");
  assert.deepEqual([replay, lines, proofs && `1 ${proofs}`], [verify, verify, verify]);
  return verify;
}

Deno.test("an erasure counts for rows before it in its own stream, as far as it says", () => {
  const token: Made = ["device/a", "TokenIssued", {
    token_sha256: "bb".repeat(32),
    token_sha512: ANY_SHA512,
    overlap_ms: 0,
  }];
  const last = erasure("device/a", 1);
  assert.equal(found(registered("a"), last), undefined);
  assert.equal(found(registered("a"), token, erasure("device/a", 2)), undefined);
  assert.equal(found(registered("a"), last, last), undefined);
  assert.equal(found(registered("a"), registered("b")), "1 personal");
  assert.equal(found(registered("a"), registered("b"), erasure("device/b", 1)), "1 personal");
  assert.equal(found(registered("a"), last, token), undefined);
});

Deno.test("a row that is on record as erased and still has its text is proved by it", () => {
  assert.deepEqual(faults(made(registered("a"), erasure("device/a", 1)), "a"), NONE);
});

Deno.test("an erasure is of rows before it, and of one at least", () => {
  for (const data of [{ rows: 1, through: 2 }, { rows: 1, through: 7 }]) {
    const rows = made(registered("a"), ["device/a", "DataErased", data]);
    const { verify, ...others } = faults(rows, "a");
    assert.equal(verify, "2 data");
    assert.deepEqual(others, { replay: "2 through", lines: "2 through", proofs: "2 data" });
  }
  for (const data of [{ rows: 0, through: 1 }, { rows: 1, through: 0 }, { rows: 1 }, {}]) {
    const rows = made(registered("a"), ["device/a", "DataErased", data]);
    assert.deepEqual([verifyFault(rows), replayFault(rows)], ["2 data", "2 data"]);
  }
});

Deno.test("the text of a row is what the engine writes, or it does not replay", () => {
  const salt = "0c".repeat(16);
  for (const text of ["", "x", '{"tags":[]}', ` ${personalText({ tags: [] }, salt)}`]) {
    const data = { device_id: "a", personal: `sha256:${sha256(new TextEncoder().encode(text))}` };
    const [row] = made(["device/a", "DeviceRegistered", data]);
    assert.equal(replayFault([{ ...row!, personal: text }]), "1 personal");
  }
});

Deno.test("that rows are missing is said before what may be in them", async () => {
  const { before, rows } = await erasedLog();
  const cut = rows.slice(0, before.length);
  const checkpoint = { origin: "", size: rows.length, root: rootOf(rows, 0, rows.length) };
  const check = new LogCheck(sha256, [checkpoint]);
  const segment = new Segment(sha256, 0);
  for (const row of cut) assert.equal(segment.take(row), undefined);
  assert.equal(check.take(segment.summary), undefined);
  assert.equal(check.end()?.what, "end");
});
