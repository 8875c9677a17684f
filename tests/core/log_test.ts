import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import fc from "fast-check";
import { canonicalJson, hashBytes, hashData, sealRow } from "../../core/mod.ts";
import { sha256 } from "./support/bench_engine.ts";

Deno.test("canonicalJson() writes as RFC 8785 does", () => {
  // Members sorted by UTF-16 code units, as in RFC 8785 §3.2.3.
  const value = {
    "\u20ac": 1,
    "\r": 2,
    "\ufb33": 3,
    "1": 4,
    "\u{1f600}": 5,
    "\u0080": 6,
    "\u00f6": 7,
  };
  assert.equal(
    canonicalJson(value),
    '{"\\r":2,"1":4,"\u0080":6,"\u00f6":7,"\u20ac":1,"\u{1f600}":5,"\ufb33":3}',
  );
  assert.equal(
    canonicalJson({ b: [true, null, -0, '\u001f"\\'], a: {} }),
    '{"a":{},"b":[true,null,0,"\\u001f\\"\\\\"]}',
  );
  assert.equal(canonicalJson({ a: undefined, b: 1 }), '{"b":1}');
  for (const bad of [0.5, NaN, Infinity, 2 ** 53, undefined, () => {}, 1n]) {
    assert.throws(() => canonicalJson(bad), TypeError);
  }
});

Deno.test("canonicalJson() gives equal values equal text, and JSON.parse gives them back", () => {
  const values = fc.jsonValue().map((v) =>
    JSON.parse(JSON.stringify(v), (_, x) => typeof x === "number" ? Math.trunc(x) % 1e9 : x)
  );
  fc.assert(
    fc.property(values, (value) => {
      const text = canonicalJson(value);
      assert.deepEqual(
        JSON.parse(text),
        JSON.parse(JSON.stringify(value, (_, x) => Object.is(x, -0) ? 0 : x)),
      );
      assert.equal(canonicalJson(JSON.parse(text)), text);
    }),
  );
});

Deno.test("sealRow() hides data behind its salt and chains the row to the stream", () => {
  const place = {
    log: "00",
    seq: 7,
    epoch: 2,
    stream: "device/pump-7",
    version: 3,
    prev: `sha256:${"1".repeat(64)}`,
    cause: 6,
  };
  const fact = { type: "DeviceRevoked", at: 5, actor: "operator:a", data: {} } as const;
  const outcome = { moves: [], effects: [{ type: "disconnect" }] };
  const row = sealRow(place, fact, outcome, () => "ab".repeat(16), sha256);
  const salted = createHash("sha256").update(Uint8Array.fromHex("ab".repeat(16))).update("{}");
  const data = `sha256:${salted.digest("hex")}`;
  assert.equal(hashData("ab".repeat(16), "{}", sha256), data);
  const { cause, ...rest } = place;
  assert.deepEqual(JSON.parse(row.bytes), {
    ...rest,
    cause,
    at: 5,
    actor: "operator:a",
    type: "DeviceRevoked",
    v: 1,
    data,
    outcome,
  });
  assert.equal(row.bytes, canonicalJson(JSON.parse(row.bytes)));
  const leaf = createHash("sha256").update(Uint8Array.of(0)).update(row.bytes).digest("hex");
  assert.equal(row.hash, `sha256:${leaf}`);
  assert.equal(hashBytes(row.bytes, sha256), row.hash);
});

Deno.test("hashBytes() and hashData() hash the whole text, however long its characters are", () => {
  const salt = "0f".repeat(16);
  const own = (...parts: (Uint8Array | string)[]) => {
    const hash = createHash("sha256");
    for (const part of parts) hash.update(part);
    return `sha256:${hash.digest("hex")}`;
  };
  // Of 1 to 4 bytes each, about the room that is kept and beyond it; the last one tells them apart.
  for (const character of ["a", "é", "€", "😀"]) {
    for (const count of [0, 1, 2_700, 4_096, 8_191, 8_192, 30_000, 2]) {
      const text = `${character.repeat(count)}!`;
      const what = `${count} times ${character}`;
      assert.equal(hashBytes(text, sha256), own(Uint8Array.of(0), text), what);
      assert.equal(hashData(salt, text, sha256), own(Uint8Array.fromHex(salt), text), what);
    }
  }
});

Deno.test("hashBytes() of one long row keeps none of its memory", () => {
  let buffer: ArrayBufferLike | undefined;
  const look = (bytes: Uint8Array) => (buffer = bytes.buffer, sha256(bytes));
  const hash = hashBytes("é".repeat(1_048_576), look);
  assert.equal(hash, hashBytes("é".repeat(1_048_576), sha256));
  const long = buffer;
  hashBytes("{}", look);
  assert.ok(buffer !== long);
  assert.ok(buffer!.byteLength <= 65_536, `${buffer!.byteLength} bytes are kept`);
});
