/** Rows that lost personal data hold before whoever proves a log, and rows that lost more do not. */
import assert from "node:assert/strict";
import { canonicalJson, hashText, sealRow, withoutData } from "../../core/mod.ts";
import type { Fact, SealedRow } from "../../core/mod.ts";
import {
  erasedLog,
  linesFault,
  proofsFault,
  replayFault,
  rootOf,
  TEXTS,
  verifyFault,
} from "./support/erased.ts";
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

/** The erased rows of a log. */
function erasedIn(rows: readonly SealedRow[]): SealedRow[] {
  return rows.filter(({ salt }) => salt === "");
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
    TEXTS.filter((text) => rows.some(({ data }) => data.includes(text)));
  assert.deepEqual([texts(before), texts(rows)], [TEXTS, []]);
  assert.equal(rows.filter(({ data }) => data.includes("out of power")).length, 1);
  assert.deepEqual(erasedIn(rows).map(({ data }) => data), [
    '{"device_id":"lake-1"}',
    '{"status":"failed"}',
    '{"status":"failed"}',
  ]);
  // Bytes and hashes are what they were, and so is every root of the tree.
  const sealed = ({ seq, stream, version, bytes, hash }: SealedRow) =>
    [seq, stream, version, bytes, hash].join();
  assert.deepEqual(rows.slice(0, before.length).map(sealed), before.map(sealed));
  assert.equal(rootOf(rows, 0, before.length), rootOf(before, 0, before.length));
});

const edits: [edit: Partial<SealedRow>, what: string][] = [
  [{ data: '{"status":"rejected"}' }, "salt"],
  [{ data: '{"reason":"nobody was called","status":"failed"}' }, "salt"],
  [{ data: '{"reason":"owner was called","status":"failed"}' }, "salt"],
  [{ data: '{"status": "failed"}' }, "salt"],
  [{ data: "{}" }, "salt"],
  [{ data: "" }, "salt"],
  [{ salt: "00".repeat(16) }, "data"],
  [{ salt: " " }, "salt"],
];

for (const [edit, what] of edits) {
  Deno.test(`an erased row is not edited unseen: ${JSON.stringify(edit)}`, async () => {
    const { rows } = await erasedLog();
    const { seq } = erasedIn(rows)[1]!;
    const { verify, ...others } = faults(edited(rows, seq, (row) => ({ ...row, ...edit })));
    assert.equal(verify, `${seq} ${what}`);
    for (const [way, fault] of Object.entries(others)) assert.ok(fault, way);
  });
}

Deno.test("who kept a row with its salt proves by it what was there before", async () => {
  const { before, rows } = await erasedLog();
  const { seq } = erasedIn(rows)[1]!;
  assert.deepEqual(faults(edited(rows, seq, () => before[seq - 1]!)), NONE);
  const { salt } = before[seq - 1]!;
  assert.equal(verifyFault(edited(rows, seq, (row) => ({ ...row, salt }))), `${seq} data`);
});

Deno.test("a row without its salt is found when no erasure of it is on record", async () => {
  const { before, rows } = await erasedLog();
  for (const { seq, stream, data } of before) {
    if (rows[seq - 1]!.salt === "") continue;
    // The same data, and less of it.
    const found = faults(edited(rows, seq, (row) => withoutData(row, data)), stream.slice(7));
    assert.equal(found.verify, `${seq} salt`);
    assert.deepEqual([found.replay, found.lines], [`${seq} salt`, `${seq} salt`]);
    if (stream.startsWith("device/")) assert.match(found.proofs!, /salt$/);
  }
  // Nor is it enough that the erasure comes in a later part of the log than somebody has.
  const cut = rows.slice(0, before.length);
  const [first] = erasedIn(rows);
  assert.deepEqual([verifyFault(cut), replayFault(cut)], Array(2).fill(`${first!.seq} salt`));
});

Deno.test("an erasure cannot itself be erased", async () => {
  const { rows } = await erasedLog();
  const { seq, data } = rows.find(({ data }) => data.startsWith('{"rows":'))!;
  const found = faults(edited(rows, seq, (row) => withoutData(row, data)));
  for (const fault of Object.values(found)) assert.equal(fault, `${seq} salt`);
});

/** A log made by hand, by somebody who can hash: each fact in a stream. */
function made(...facts: (readonly [stream: string, type: string, data: object])[]): SealedRow[] {
  const heads = new Map<string, SealedRow>();
  return facts.map(([stream, type, data], nth) => {
    const before = heads.get(stream);
    const version = (before?.version ?? 0) + 1;
    const place = { log: "00", seq: nth + 1, epoch: 1, stream, version, cause: null };
    const fact = { type, at: 1_000 + nth, actor: "operator:x", data } as unknown as Fact;
    const salt = `${nth}`.padStart(32, "0");
    const prev = before?.hash ?? null;
    const row = sealRow({ ...place, prev }, fact, { effects: [], moves: [] }, salt, sha256);
    heads.set(stream, row);
    return row;
  });
}

const registered = (device: string) =>
  [`device/${device}`, "DeviceRegistered", { device_id: device, tags: ["by name"] }] as const;
const erasure = (stream: string, ...rows: { seq: number; kept: string }[]) =>
  [stream, "DataErased", { rows }] as const;
const kept = (data: string) => hashText(data, sha256);
const LEFT = '{"device_id":"a"}';

/** What is found when the first row has only that left. */
function found(...facts: (readonly [stream: string, type: string, data: object])[]) {
  const rows = made(...facts);
  const { verify, replay, lines, proofs } = faults(
    [withoutData(rows[0]!, LEFT), ...rows.slice(1)],
    "a",
  );
  assert.deepEqual([replay, lines, proofs && `1 ${proofs}`], [verify, verify, verify]);
  return verify;
}

Deno.test("an erasure counts for rows before it in its own stream, and with what it says is left", () => {
  const covers = erasure("device/a", { seq: 1, kept: kept(LEFT) });
  assert.equal(found(registered("a"), registered("b"), covers), undefined);
  assert.equal(found(registered("a"), registered("b")), "1 salt");
  const elsewhere = erasure("device/b", { seq: 1, kept: kept(LEFT) });
  assert.equal(found(registered("a"), registered("b"), elsewhere), "1 salt");
  const other = erasure("device/a", { seq: 1, kept: kept('{"device_id":"b"}') });
  assert.equal(found(registered("a"), other), "1 salt");
  const another = erasure("device/a", { seq: 2, kept: kept(LEFT) });
  assert.equal(found(registered("a"), registered("b"), another), "1 salt");
});

Deno.test("a row that is said to be erased twice is what one of them says", () => {
  const covers = erasure("device/a", { seq: 1, kept: kept(LEFT) });
  const other = erasure("device/a", { seq: 1, kept: kept("{}") });
  assert.equal(found(registered("a"), covers, covers), undefined);
  assert.equal(found(registered("a"), other, covers), undefined);
  assert.equal(found(registered("a"), covers, other), undefined);
  assert.equal(found(registered("a"), other, other), "1 salt");
});

Deno.test("a row that is on record as erased and still has its data is proved by its salt", () => {
  const rows = made(registered("a"), erasure("device/a", { seq: 1, kept: kept(LEFT) }));
  assert.deepEqual(faults(rows, "a"), NONE);
});

Deno.test("an erasure names rows before it, and nothing else", () => {
  for (const [seq, kept] of [[2, "00"], [0, `sha256:${"0".repeat(64)}`]] as const) {
    const rows = made(registered("a"), erasure("device/a", { seq, kept }));
    assert.deepEqual([verifyFault(rows), replayFault(rows)], ["2 data", "2 data"]);
  }
  // Of rows after it nothing can be known.
  const ahead = made(registered("a"), erasure("device/a", { seq: 2, kept: kept(LEFT) }));
  assert.equal(verifyFault(ahead), "2 data");
});

for (
  const [name, type, before, left] of [
    ["another text in its place", "DeviceRegistered", { device_id: "a", tags: ["x"] }, {
      device_id: "a",
      tags: ["y"],
    }],
    ["a fact that holds nothing personal", "DeviceRevoked", { device_id: "a" }, {
      device_id: "b",
    }],
  ] as const
) {
  Deno.test(`an erasure on record puts nothing in the place of data: ${name}`, () => {
    const data = canonicalJson(left);
    const rows = made(
      ["device/a", type, before],
      erasure("device/a", { seq: 1, kept: kept(data) }),
    );
    const found = faults([withoutData(rows[0]!, data), ...rows.slice(1)], "a");
    for (const fault of Object.values(found)) assert.equal(fault, "1 salt");
  });
}
