/** A log of another version is decided again to its end: of each stream the first difference counts. */
import assert from "node:assert/strict";
import { ShadowReplay } from "../../core/mod.ts";
import type { SealedRow } from "../../core/mod.ts";
import { bench, sha256 } from "./support/bench_engine.ts";
import { fleet } from "./support/brokered.ts";
import { forged } from "./support/forged.ts";
import type { Header } from "./support/forged.ts";
import { IMAGE, OTHER } from "./support/given.ts";

/** So many devices that ask, report a wrong digest, and then the right one. */
async function history(devices: number): Promise<SealedRow[]> {
  const b = await bench();
  for (const device of await fleet(b, devices)) {
    await b.report(device, "request", {});
    for (const checksum of [OTHER, IMAGE]) await b.report(device, "verify", { checksum });
  }
  return b.store.rows;
}

/** Another decision than was made. */
function decideOtherwise(header: Header): void {
  header.outcome = { effects: [], moves: [] };
}

function shadowOf(rows: readonly SealedRow[]): ShadowReplay {
  const shadow = new ShadowReplay(sha256);
  for (const row of rows) shadow.take(row);
  shadow.end();
  return shadow;
}

function digestsIn(rows: readonly SealedRow[]): SealedRow[] {
  return rows.filter(({ bytes }) => bytes.includes('"type":"DigestReported"'));
}

Deno.test("ShadowReplay finds nothing in a log that this version would have decided so", async () => {
  const rows = await history(3);
  const { count, differences, rows: taken } = shadowOf(rows);
  assert.deepEqual({ count, differences, taken }, {
    count: 0,
    differences: [],
    taken: rows.length,
  });
});

Deno.test("ShadowReplay keeps the first difference of each stream, and goes on with the others", async () => {
  const rows = await history(3);
  const [first, second, , , fifth] = digestsIn(rows);
  let edited = rows;
  // Two of one device, and the first of another.
  for (const { seq } of [first!, second!, fifth!]) edited = forged(edited, seq, decideOtherwise);
  const { count, differences, rows: taken } = shadowOf(edited);
  assert.equal(taken, rows.length);
  assert.equal(count, 2);
  assert.deepEqual(differences.map(({ seq, stream, what }) => `${seq} ${stream} ${what}`), [
    `${first!.seq} ${first!.stream} outcome`,
    `${fifth!.seq} ${fifth!.stream} outcome`,
  ]);
  assert.equal(differences[0]!.found, '{"effects":[],"moves":[]}');
  assert.match(differences[0]!.expected, /"to":"retrying"/);
});

Deno.test("ShadowReplay keeps twenty differences and counts all", async () => {
  const rows = await history(23);
  const edited = digestsIn(rows).reduce(
    (edited, { seq }) => forged(edited, seq, decideOtherwise),
    rows,
  );
  const { count, differences } = shadowOf(edited);
  assert.deepEqual([count, differences.length], [23, 20]);
});

Deno.test("ShadowReplay takes whatever stands in a cell, and a row that no erasure covers", async () => {
  const rows = await history(1);
  const row = digestsIn(rows)[0]!;
  const cells = ["bytes", "data", "salt", "hash"] as const;
  for (const cell of cells) {
    for (const found of [null, 7, "{", ""]) {
      const { count, differences } = shadowOf(
        rows.map((other) => other === row ? { ...row, [cell]: found } as SealedRow : other),
      );
      assert.equal(count, 1, `${cell} ${found}`);
      assert.equal(differences[0]!.stream, row.stream);
    }
  }
});
