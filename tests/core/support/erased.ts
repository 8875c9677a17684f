/** A log in which personal data was erased, and what verify and replay say of one. */
import { isDivergence, Replay } from "../../../core/mod.ts";
import type { SealedRow } from "../../../core/mod.ts";
import { lineOf } from "../../../core/mod.ts";
import { eraseDevice } from "../../../core/engine/mod.ts";
import { GrowingTree, inclusionPath, LogCheck, ProofsCheck } from "../../../core/evidence/mod.ts";
import { provedRowLine, Segment } from "../../../core/evidence/mod.ts";
import type { ProofsHead } from "../../../core/evidence/mod.ts";
import { dealOut, decidePart, StreamReplay, Together } from "../../../core/replay/side_by_side.ts";
import { ANY_SHA512 } from "../../support/any_sha512.ts";
import { bench, sha256 } from "./bench_engine.ts";
import type { Bench } from "./bench_engine.ts";
import { PUMP } from "./stories.ts";

/** Texts that a person may not want to be found any more. */
export const TEXTS = ["at the lake", "owner was called", "no permission"] as const;

/** Registers a device with tags. */
export async function tagged(b: Bench, device: string, ...tags: string[]): Promise<void> {
  const tokens = { tokenSha256: "bb".repeat(32), tokenSha512: ANY_SHA512 };
  await b.command({ type: "registerDevice", device, tags, ...tokens });
}

/** The device gets an order, and says why it does not carry it out. */
export async function fails(b: Bench, device: string, ...reasons: string[]): Promise<void> {
  await b.upgrade(device);
  await b.report(device, "request", {});
  for (const reason of reasons) await b.report(device, "status", { status: "failed", reason });
}

/** Two devices that have told of people, one of which is forgotten; its rows of that kind are 6, 10 and 11. */
export async function erasedLog(): Promise<{ before: SealedRow[]; rows: SealedRow[]; b: Bench }> {
  const b = await bench();
  await tagged(b, "lake-1", TEXTS[0]);
  await fails(b, "lake-1", TEXTS[1], TEXTS[2]);
  await fails(b, PUMP, "out of power");
  const before = [...b.store.rows];
  await eraseDevice(b.engine, "operator:test", "lake-1");
  await fails(b, "lake-1", "out of room");
  return { before, rows: b.store.rows, b };
}

/** What is wrong with the rows when they are decided again, as `seq what`. */
export function replayFault(rows: readonly SealedRow[]): string | undefined {
  const replay = new Replay(sha256);
  for (const row of rows) {
    const taken = replay.take(row);
    if (isDivergence(taken)) return `${taken.seq} ${taken.what}`;
  }
  const end = replay.end();
  return end && `${end.seq} ${end.what}`;
}

/** The same, stream by stream from the lines of a file. */
export function linesFault(rows: readonly SealedRow[], parts: number): string | undefined {
  const bytes = new TextEncoder().encode(rows.map((row) => `${lineOf(row)}\n`).join(""));
  const streams = Array.from({ length: parts }, () => new StreamReplay(sha256));
  const dealt = dealOut(bytes, 0, parts);
  const decided = dealt.map((part, n) => decidePart(streams[n]!, part, true));
  const fault = new Together().take(dealt.map(({ seqs }) => seqs), decided);
  return fault && `${fault.seq} ${fault.what}`;
}

/** What a verifier finds, however the log is cut into segments: `seq what`. */
export function verifyFault(rows: readonly SealedRow[], segmentRows = 4): string | undefined {
  const check = new LogCheck(sha256);
  for (let begin = 0; begin < rows.length; begin += segmentRows) {
    const segment = new Segment(sha256, begin, []);
    for (const row of rows.slice(begin, begin + segmentRows)) {
      const line = new TextEncoder().encode(lineOf(row));
      const fault = segment.takeLine(line, 0, line.length, true);
      if (fault) return `${fault.seq} ${fault.what}`;
    }
    const fault = check.take(segment.summary);
    if (fault) return `${fault.seq} ${fault.what}`;
  }
  const fault = check.end();
  return fault && `${fault.seq} ${fault.what}`;
}

/** What is wrong with the rows of a device, each with the proof that it is in the log. */
export function proofsFault(rows: readonly SealedRow[], device: string): string | undefined {
  const size = rows.length;
  const origin = `otalog/${JSON.parse(rows[0]!.bytes).log}`;
  const checkpoint = { origin, size, root: rootOf(rows, 0, size) };
  const check = new ProofsCheck({ device, checkpoint } as ProofsHead, sha256);
  for (const row of rows.filter(({ stream }) => stream === `device/${device}`)) {
    const path = inclusionPath(row.seq - 1, size).map(([from, to]) => rootOf(rows, from, to));
    const fault = check.take(new TextEncoder().encode(provedRowLine(row, path)));
    if (fault) return `${row.seq} ${fault.what}`;
  }
  return check.end()?.what;
}

/** The root of the tree over these rows. */
export function rootOf(rows: readonly SealedRow[], from: number, to: number): string {
  const tree = new GrowingTree(sha256);
  for (const { hash } of rows.slice(from, to)) tree.add(hash.slice("sha256:".length));
  return tree.root;
}
