/** Texts and data that were met before: to know them must change nothing but the time it takes. */
import assert from "node:assert/strict";
import { KnownTexts } from "../../../core/log/known_texts.ts";
import { PlainRow } from "../../../core/log/plain_row.ts";
import { KnownData } from "../../../core/replay/known_data.ts";

const encoder = new TextEncoder();

function rowWith(data: string): PlainRow {
  const row = new PlainRow();
  assert.ok(row.set({ bytes: "{}", data, salt: "0".repeat(32), hash: "" }));
  return row;
}

Deno.test("KnownTexts.of() gives the text of the bytes, however many others there were", () => {
  const known = new KnownTexts();
  for (let round = 0; round < 2; round++) {
    for (let n = 0; n < 50_000; n++) {
      const text = `device/${"d".repeat(n % 150)}-${n}`;
      const bytes = encoder.encode(`"${text}"`);
      assert.equal(known.of(bytes, 1, bytes.length - 1), text);
    }
  }
  assert.equal(known.of(new Uint8Array(), 0, 0), "");
});

Deno.test("KnownData.of() reads what is said again once", () => {
  const known = new KnownData();
  const data = known.of("ProgressReported", rowWith('{"received":5}'));
  assert.deepEqual(data, { received: 5 });
  assert.equal(known.of("ProgressReported", rowWith('{"received":5}')), data);
  assert.deepEqual(known.of("ProgressReported", rowWith('{"received":6}')), { received: 6 });
});

Deno.test("KnownData.of() keeps no data with a name of its own", () => {
  const known = new KnownData();
  for (const name of ["id", "packet"]) {
    const text = `{"${name}":"1","received":5}`;
    const data = known.of("ProgressReported", rowWith(text));
    assert.deepEqual(data, { [name]: "1", received: 5 });
    assert.notEqual(known.of("ProgressReported", rowWith(text)), data);
  }
});

Deno.test("KnownData.of() takes what it knows for data of that type only, and only as it is written", () => {
  const known = new KnownData();
  assert.deepEqual(known.of("CancelRequested", rowWith("{}")), {});
  assert.deepEqual(known.of("ProgressReported", rowWith('{"received":5}')), { received: 5 });
  assert.equal(known.of("ProgressReported", rowWith("{}")), undefined);
  assert.equal(known.of("ProgressReported", rowWith('{"received": 5}')), undefined);
  assert.equal(known.of("CancelRequested", rowWith('{"received":5}')), undefined);
  for (const type of ["toString", "__proto__", ""]) {
    assert.equal(known.of(type, rowWith("{}")), undefined);
  }
});

Deno.test("KnownData.of() is right about more than it keeps", () => {
  const known = new KnownData();
  for (let n = 0; n < 5_000; n++) {
    assert.deepEqual(known.of("ProgressReported", rowWith(`{"received":${n}}`)), { received: n });
  }
});
