import assert from "node:assert/strict";
import { answerRange, namesTag, rangeHolds } from "../../core/mod.ts";

/** What clients send, for an image of 200,000 bytes, and the bytes they must get. */
const table: [header: string | undefined, answer: string][] = [
  [undefined, "200"],
  // ESP-IDF: fresh and resumable; partial; resumed with an end one past the end; complete.
  ["bytes=0-", "206 0-200000"],
  ["bytes=0-65535", "206 0-65536"],
  ["bytes=65536-131071", "206 65536-131072"],
  ["bytes=196608-", "206 196608-200000"],
  ["bytes=150000-200000", "206 150000-200000"],
  ["bytes=200000-200000", "416"],
  ["bytes=150528-", "206 150528-200000"],
  // updatehub: one byte again.
  ["bytes=199999-", "206 199999-200000"],
  ["bytes=-100", "206 199900-200000"],
  ["bytes=-900000", "206 0-200000"],
  ["bytes=-0", "416"],
  ["bytes=0-0", "206 0-1"],
  ["bytes=200000-", "416"],
  ["bytes=999999999999-", "416"],
  // RFC 9110 §14.2: what is malformed, or more than one range, is ignored.
  ["bytes=5-2", "200"],
  ["bytes=-", "200"],
  ["bytes=", "200"],
  ["bytes=a-b", "200"],
  ["bytes=0-1,5-9", "200"],
  ["bytes= 0-1", "200"],
  ["items=0-1", "200"],
  ["bytes=0x10-", "200"],
  ["bytes=1e3-", "200"],
  ["bytes=9223372036854775807-", "416"],
  ["bytes=1000-9223372036854775807", "206 1000-200000"],
];

for (const [header, expected] of table) {
  Deno.test(`answerRange() answers ${expected} to ${header}`, () => {
    const answer = answerRange(header, 200_000);
    const bytes = answer.status === 206 ? ` ${answer.start}-${answer.end}` : "";
    assert.equal(`${answer.status}${bytes}`, expected);
  });
}

Deno.test("namesTag() compares weakly, rangeHolds() strongly", () => {
  assert.equal(namesTag('"a", W/"b"', '"b"'), true);
  assert.equal(namesTag("*", '"b"'), true);
  assert.equal(namesTag('"a"', '"b"'), false);
  assert.equal(namesTag(undefined, '"b"'), false);
  assert.equal(rangeHolds(undefined, '"b"'), true);
  assert.equal(rangeHolds('"b"', '"b"'), true);
  assert.equal(rangeHolds('W/"b"', '"b"'), false);
  assert.equal(rangeHolds("Wed, 21 Oct 2026 07:28:00 GMT", '"b"'), false);
});
