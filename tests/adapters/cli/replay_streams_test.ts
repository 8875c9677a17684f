/** A log that is decided by several side by side comes out as if one had done it, whatever is wrong. */
import assert from "node:assert/strict";
import { replayStreams } from "../../../adapters/cli/replay_streams/mod.ts";
import { sha256 } from "../../../adapters/cli/sha256.ts";
import { machinePorts } from "../../../adapters/cli/simulate/ports.ts";
import { canonicalJson, hashBytes, isDivergence, lineOf, Replay } from "../../../core/mod.ts";
import type { Divergence, SealedRow } from "../../../core/mod.ts";
import { dealOut } from "../../../core/replay/side_by_side.ts";
import { simulate } from "../../../core/simulation/mod.ts";

const BLOCK_ROWS = 64;
const { rows } = await simulate({ seed: 4, devices: 6, hours: 2, upgrades: 20 }, machinePorts);
const encoder = new TextEncoder();

function* blocksOf(lines: readonly string[]) {
  for (let begin = 0; begin < lines.length; begin += BLOCK_ROWS) {
    const block = lines.slice(begin, begin + BLOCK_ROWS).map((line) => `${line}\n`).join("");
    yield { begin, bytes: encoder.encode(block) };
  }
}

const linesOf = (rows: readonly SealedRow[]) => rows.map((row) => lineOf(row));

/** What one finds who goes through all rows. */
function alone(rows: readonly SealedRow[]) {
  const replay = new Replay(sha256);
  for (const row of rows) {
    const taken = replay.take(row);
    if (isDivergence(taken)) return { divergence: taken, summary: replay.summary };
  }
  return { divergence: replay.end(), summary: replay.summary };
}

const where = (found: Divergence | undefined) => found && `${found.seq} ${found.what}`;

for (const jobs of [1, 2, 5]) {
  Deno.test(`replayStreams() comes to the same on ${jobs} workers as one who goes through all rows`, async () => {
    let seen = 0;
    const end = await replayStreams(blocksOf(linesOf(rows)), jobs, (rows) => void (seen = rows));
    assert.deepEqual(end, alone(rows));
    assert.equal(seen, rows.length);
  });
}

/** The row with another header, and every hash and chain after it made again. */
function forged(nth: number, edit: (header: Record<string, unknown>) => void): SealedRow[] {
  const heads = new Map<string, string>();
  return rows.map((row, index) => {
    const header = JSON.parse(row.bytes);
    header.prev = heads.get(row.stream) ?? null;
    if (index === nth) edit(header);
    const bytes = canonicalJson(header);
    const hash = hashBytes(bytes, sha256);
    heads.set(row.stream, hash);
    return { ...row, bytes, hash };
  });
}

const middle = Math.floor(rows.length / 2);
const damages: Readonly<Record<string, SealedRow[]>> = {
  "an earlier time": forged(middle, (header) => header.at = 1),
  "an earlier epoch": forged(rows.length - 1, (header) => header.epoch = 0),
  "another log": forged(middle, (header) => header.log = "0".repeat(32)),
  "a later cause": forged(middle, (header) => header.cause = rows.length + 1),
  "another decision": forged(middle, (header) => header.outcome = { effects: [], moves: [{}] }),
  "another row in its place": rows.with(middle, rows[middle - 7]!),
  "a row taken out": rows.toSpliced(middle, 1),
  "a row put in": rows.toSpliced(middle, 0, rows[3]!),
  "other data": rows.with(middle, { ...rows[middle]!, data: "{}" }),
  "a salt that is gone": rows.with(middle, { ...rows[middle]!, salt: "" }),
  "another hash": rows.with(middle, { ...rows[middle]!, hash: `sha256:${"0".repeat(64)}` }),
};

for (const [name, damaged] of Object.entries(damages)) {
  Deno.test(`replayStreams() finds ${name} where one finds it who goes through all rows`, async () => {
    const expected = alone(damaged);
    assert.ok(expected.divergence, name);
    const { divergence } = await replayStreams(blocksOf(linesOf(damaged)), 3, () => {});
    assert.equal(where(divergence), where(expected.divergence));
  });
}

Deno.test("replayStreams() says of a line that is none that it is none", async () => {
  const lines = linesOf(rows).with(70, "{");
  const { divergence } = await replayStreams(blocksOf(lines), 2, () => {});
  assert.equal(where(divergence), "71 its line is not a JSON object");
  const [block] = [...blocksOf(linesOf(rows.slice(0, 5)))];
  const cut = { begin: 0, bytes: block!.bytes.slice(0, -9) };
  const end = await replayStreams([cut], 2, () => {});
  assert.equal(where(end.divergence), "5 its line is cut off");
});

Deno.test("dealOut() gives all rows of a stream to one, and every row to somebody", () => {
  const [block] = [...blocksOf(linesOf(rows))];
  const parts = dealOut(block!.bytes, 0, 3);
  const owner = new Map<string, number>();
  const seqs = parts.flatMap(({ seqs }, part) =>
    [...seqs].map((seq) => {
      const { stream } = rows[seq - 1]!;
      assert.equal(owner.get(stream) ?? part, part, stream);
      owner.set(stream, part);
      return seq;
    })
  );
  assert.deepEqual(seqs.toSorted((a, b) => a - b), rows.slice(0, BLOCK_ROWS).map(({ seq }) => seq));
  assert.ok(parts.filter(({ seqs }) => seqs.length > 0).length > 1);
});
