import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { chunkBounds, chunkCount, digestChunks, ImageDigests } from "../../firmware/mod.ts";

Deno.test("chunkBounds() covers the image without a gap, the last chunk short", () => {
  for (const [size, chunkBytes] of [[1, 256], [256, 256], [257, 256], [100_000, 4096]] as const) {
    const bounds = Array.from(
      { length: chunkCount(size, chunkBytes) },
      (_, n) => chunkBounds(size, chunkBytes, n)!,
    );
    let at = 0;
    for (const { start, end } of bounds) {
      assert.equal(start, at);
      assert.ok(end > start && end - start <= chunkBytes);
      at = end;
    }
    assert.equal(at, size);
    assert.equal(chunkBounds(size, chunkBytes, bounds.length), undefined);
  }
  for (const index of [-1, 0.5, NaN, Infinity]) assert.equal(chunkBounds(10, 4, index), undefined);
});

Deno.test("digestChunks() gives the digests of the chunks however the bytes are cut", async () => {
  const bytes = crypto.getRandomValues(new Uint8Array(10_000));
  const hex = (part: Uint8Array) => createHash("sha256").update(part).digest("hex");
  for (const piece of [1, 255, 256, 257, 9_999, 10_000]) {
    const parts = async function* () {
      for (let at = 0; at < bytes.length; at += piece) yield bytes.subarray(at, at + piece);
      await Promise.resolve();
    };
    const digests = await digestChunks(parts(), bytes.length, 256);
    assert.equal(digests.length, 40 * 32);
    for (let n = 0; n < 40; n++) {
      const { start, end } = chunkBounds(bytes.length, 256, n)!;
      assert.equal(digests.subarray(n * 32, n * 32 + 32).toHex(), hex(bytes.subarray(start, end)));
    }
  }
});

Deno.test("ImageDigests gives all digests in one pass", () => {
  const digests = new ImageDigests();
  digests.update(new TextEncoder().encode("a"));
  digests.update(new TextEncoder().encode("bc"));
  // RFC 1321 §A.5 and FIPS 180-2 appendixes A.1, B.1.
  assert.deepEqual(digests.finish(), {
    sha256: "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
    size: 3,
    sha1: "a9993e364706816aba3e25717850c26c9cd0d89d",
    md5: "900150983cd24fb0d6963f7d28e17f72",
  });
});
