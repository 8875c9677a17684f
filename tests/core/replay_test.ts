/** A replay sees what the cells of one row alone cannot show: where a row stands in the log. */
import assert from "node:assert/strict";
import { isDivergence, Replay } from "../../core/mod.ts";
import type { SealedRow } from "../../core/mod.ts";
import { bench, sha256 } from "./support/bench_engine.ts";
import { forged } from "./support/forged.ts";
import { IMAGE, OTHER } from "./support/given.ts";

async function history(): Promise<SealedRow[]> {
  const b = await bench();
  await b.upgrade("pump-7");
  await b.report("pump-7", "request", { current_version: "1.0.0" });
  await b.restart();
  await b.report("pump-7", "verify", { checksum: OTHER });
  await b.report("pump-7", "verify", { checksum: IMAGE });
  return b.store.rows;
}

/** Where a replay of the rows diverges: `seq what`. */
function divergence(rows: readonly SealedRow[]): string | undefined {
  const replay = new Replay(sha256);
  for (const row of rows) {
    const taken = replay.take(row);
    if (isDivergence(taken)) return `${taken.seq} ${taken.what}`;
  }
}

Deno.test("Replay takes its own log, and one that was only hashed again", async () => {
  const rows = await history();
  assert.equal(divergence(rows), undefined);
  assert.deepEqual(forged(rows, 0, () => {}), rows);
});

const forgeries: [field: string, value: unknown][] = [
  ["seq", 99],
  ["log", "fedcba"],
  ["version", 99],
  ["prev", `sha256:${"0".repeat(64)}`],
  ["epoch", 1],
  ["at", 5],
  ["cause", 99],
];

for (const [field, value] of forgeries) {
  Deno.test(`Replay finds a forged ${field} though every hash was made again`, async () => {
    const rows = await history();
    const { seq } = rows.at(-1)!;
    const edited = forged(rows, seq, (header) => header[field] = value);
    assert.equal(divergence(edited), `${seq} ${field}`);
  });
}

Deno.test("Replay finds a row that was taken out, put in twice, or swapped", async () => {
  const rows = await history();
  for (let at = 0; at < rows.length - 1; at++) {
    assert.ok(divergence(rows.toSpliced(at, 1)), `without row ${at + 1}`);
    assert.ok(divergence(rows.toSpliced(at, 0, rows[at]!)), `row ${at + 1} twice`);
    assert.ok(divergence(rows.toSpliced(at, 2, rows[at + 1]!, rows[at]!)), `row ${at + 1} later`);
  }
});

Deno.test("Replay finds a decision that was edited though every hash was made again", async () => {
  const rows = await history();
  const { seq } = rows.at(-1)!;
  const edited = forged(rows, seq, (header) => header.outcome = { moves: [], effects: [] });
  assert.equal(divergence(edited), `${seq} outcome`);
});

Deno.test("Replay says of data that was edited that it is the data, and decides nothing by it", async () => {
  const rows = await history();
  const at = rows.findLastIndex(({ data }) => data.includes("sha256:5a"));
  const data = rows[at]!.data.replace("sha256:5a", "sha256:5b");
  assert.equal(divergence(rows.with(at, { ...rows[at]!, data })), `${at + 1} data`);
});

Deno.test("Replay finds a device and an image in the stream of another", async () => {
  const rows = await history();
  for (const stream of ["device/", "image/"]) {
    const { stream: own, seq } = rows.find((row) => row.stream.startsWith(stream))!;
    const other = `${own.slice(0, -1)}0`;
    assert.notEqual(other, own);
    // Only so far: what follows would not fit any more, whatever is asked of this row.
    const edited = forged(rows.slice(0, seq), seq, (header) => header["stream"] = other);
    const row = { ...edited.at(-1)!, stream: other };
    assert.equal(divergence(edited.with(-1, row)), `${seq} stream`);
  }
});
