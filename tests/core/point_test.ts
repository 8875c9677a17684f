/** A point of a log as people write it. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { logPoint } from "../../core/mod.ts";

const taken: [text: string, point: object][] = [
  ["1", { seq: 1 }],
  ["20261125", { seq: 20_261_125 }],
  ["9007199254740991", { seq: 9_007_199_254_740_991 }],
  ["2026-11-25T10:00:00Z", { at: Date.UTC(2026, 10, 25, 10) }],
  ["2026-11-25t10:00:00z", { at: Date.UTC(2026, 10, 25, 10) }],
  ["2026-11-25T10:00:00.5Z", { at: Date.UTC(2026, 10, 25, 10, 0, 0, 500) }],
  ["2026-11-25T10:00:00.123999999Z", { at: Date.UTC(2026, 10, 25, 10, 0, 0, 123) }],
  ["2026-11-25T12:30:00+02:30", { at: Date.UTC(2026, 10, 25, 10) }],
  ["2026-11-24T23:00:00-11:00", { at: Date.UTC(2026, 10, 25, 10) }],
  ["2028-02-29T00:00:00Z", { at: Date.UTC(2028, 1, 29) }],
  ["1969-12-31T23:59:59.999Z", { at: -1 }],
  ["0000-01-01T00:00:00Z", { at: -62_167_219_200_000 }],
  ["9999-12-31T23:59:59.999Z", { at: 253_402_300_799_999 }],
];

for (const [text, point] of taken) {
  Deno.test(`logPoint takes ${text}`, () => assert.deepEqual(logPoint.parse(text), point));
}

const refused = [
  ...["", " ", "0", "007", "-1", "+1", "1.5", "1e3", "0x10", "٣", "9007199254740992", "1 "],
  ...["now", "yesterday", "2026-11-25x", "2026-11-25", "25.11.2026", "11/25/2026"],
  ...["2026-11-25T10:00:00", "2026-11-25 10:00:00Z", "2026-11-25T10:00Z", "2026-11-25T10Z"],
  ...["2026-02-29T00:00:00Z", "2026-02-31T00:00:00Z", "2026-13-01T00:00:00Z"],
  ...["2026-11-25T24:00:00Z", "2026-11-25T10:60:00Z", "2026-11-25T10:00:60Z"],
  ...["2026-11-25T10:00:00+24:00", "2026-11-25T10:00:00+02:60", "2026-11-25T10:00:00+0200"],
  ...["2026-11-25T10:00:00.Z", "2026-11-25T10:00:00,5Z", "2026-11-25T10:00:00.1234567890Z"],
  ...["+02026-11-25T10:00:00Z", "Wed, 25 Nov 2026 10:00:00 GMT", "1".repeat(1_000_000)],
  ...["2026-11-25T10:00:00Z\n", "2026-11-25T10:00:00 CET", "1\n"],
];

for (const text of refused) {
  Deno.test(`logPoint refuses ${JSON.stringify(text.slice(0, 40))}`, () => {
    const { success, error } = logPoint.safeParse(text);
    assert.ok(!success);
    assert.equal(
      error.issues[0]!.message,
      "must be the number of a row such as 1204, or a time such as 2026-11-25T10:00:00Z " +
        "or 2026-11-25T12:00:00+02:00",
    );
  });
}

Deno.test("logPoint says how a plus sign that a URL made a space is written", () => {
  const { error } = logPoint.safeParse("2026-11-25T10:00:00 02:00");
  assert.match(error!.issues[0]!.message, /\+02:00; in a URL \+ is written %2B$/);
});

Deno.test("logPoint reads back every instant that is written as RFC 3339, at every offset", () => {
  const minutes = fc.integer({ min: -1_439, max: 1_439 });
  const instant = fc.integer({ min: -62_167_132_800_000, max: 253_402_214_400_000 });
  fc.assert(fc.property(instant, minutes, (at, offset) => {
    const local = new Date(at + offset * 60_000).toISOString().slice(0, -1);
    const size = Math.abs(offset);
    const pad = (n: number) => String(n).padStart(2, "0");
    const zone = `${offset < 0 ? "-" : "+"}${pad(Math.floor(size / 60))}:${pad(size % 60)}`;
    assert.deepEqual(logPoint.parse(local + zone), { at });
  }));
});
