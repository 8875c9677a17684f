import assert from "node:assert/strict";
import { BLOCK_LINES, blocksOf } from "../../../adapters/files/log_blocks.ts";
import { Random } from "../../../core/simulation/chance/random.ts";

/** Reads from these bytes, never more than so many at once, as a file or a pipe does. */
function readerOf(bytes: Uint8Array, atOnce: number): (into: Uint8Array) => number | null {
  let at = 0;
  return (into) => {
    const part = bytes.subarray(at, at + Math.min(atOnce, into.length));
    into.set(part);
    at += part.length;
    return part.length || null;
  };
}

const tooLarge = () => new Error("A block is too large.");

function blocksIn(text: string, atOnce = 100_000) {
  const bytes = new TextEncoder().encode(text);
  return [...blocksOf(readerOf(bytes, atOnce), tooLarge)].map(({ begin, lines, bytes }) => ({
    begin,
    lines,
    text: new TextDecoder().decode(bytes),
  }));
}

Deno.test("blocksOf() gives all lines, so many in each block, however they are read", () => {
  const random = new Random(3);
  for (const atOnce of [7_001, 100_000, 10_000_000]) {
    const count = 3 * BLOCK_LINES + 17;
    // Together they are larger than the room for a block.
    const long = random.below(count);
    const lines = Array.from(
      { length: count },
      (_, n) => `${"x".repeat(n === long ? 1_000_000 : random.below(2_000))}\n`,
    );
    for (const ending of ["", "a last line without its end"]) {
      const blocks = blocksIn(lines.join("") + ending, atOnce);
      assert.equal(blocks.map(({ text }) => text).join(""), lines.join("") + ending);
      assert.deepEqual(
        blocks.map(({ begin, lines }) => [begin, lines]),
        [[0, 1_024], [1_024, 1_024], [2_048, 1_024], [3_072, ending ? 18 : 17]],
      );
      for (const { text, lines } of blocks.slice(0, 3)) {
        assert.equal(text.split("\n").length - 1, lines);
      }
    }
  }
});

Deno.test("blocksOf() gives a file that ends with a whole block no block more, and an empty one none", () => {
  const lines = "x\n".repeat(2 * BLOCK_LINES);
  assert.deepEqual(blocksIn(lines).map(({ begin }) => begin), [0, BLOCK_LINES]);
  assert.deepEqual(blocksIn(""), []);
  assert.deepEqual(blocksIn("\n"), [{ begin: 0, lines: 1, text: "\n" }]);
});

Deno.test("blocksOf() ends with the line that no engine wrote, and refuses a block of too many bytes", () => {
  let given = 0;
  const endless = (into: Uint8Array) => {
    into.fill(0x78);
    given += into.length;
    return into.length;
  };
  const blocks = [...blocksOf(endless, tooLarge)];
  assert.deepEqual(blocks.map(({ begin, lines }) => [begin, lines]), [[0, 1]]);
  assert.ok(given < 3_000_000, `${given} bytes were read`);
  const line = `${"x".repeat(500_000)}\n`;
  assert.throws(() => blocksIn(line.repeat(200)), /A block is too large/);
});
