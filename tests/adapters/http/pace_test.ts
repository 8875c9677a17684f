/** How large pieces are and how long they are waited for, over the answers of one connection. */
import assert from "node:assert/strict";
import { HTTP_LIMITS } from "../../../adapters/http/mod.ts";
import { Pace } from "../../../adapters/http/pace.ts";

const SIZES = { first: 65_536, min: 16_384, max: 262_144 };

/** A connection that has taken one answer of so many bytes, as quickly as it was given. */
function connection(answerBytes: number): Pace {
  const pace = new Pace(HTTP_LIMITS, SIZES);
  pace.again(0);
  let given = 0;
  while (given < answerBytes) {
    const size = Math.min(pace.next(given / 1e6), answerBytes - given);
    pace.given(size);
    given += size;
  }
  return pace;
}

Deno.test("Pace waits 30 s, and for as long as 2 KiB/s need for what buffers hold", () => {
  const table: [given: number, ms: number][] = [
    [0, 30_000],
    [65_536, 62_000],
    [262_144, 158_000],
    [100_000_000, 158_000],
  ];
  for (const [given, ms] of table) assert.equal(connection(given).patienceMs, ms, `${given}`);
});

Deno.test("Pace waits for no byte of the answer before: whoever asks again has taken it", () => {
  const pace = connection(8_000_000);
  pace.again(10);
  assert.equal(pace.patienceMs, 30_000);
  pace.given(2_048);
  assert.equal(pace.patienceMs, 31_000);
});

Deno.test("Pace begins small, and goes on with large pieces where the answer before was quick", () => {
  const fresh = connection(0);
  assert.deepEqual([fresh.next(0), fresh.next(1)], [65_536, 65_536]);
  const pace = connection(8_000_000);
  pace.again(10);
  assert.equal(pace.next(10), 262_144);
});

Deno.test("Pace begins small again after a pause, and grows sooner where much was taken before", () => {
  const pace = connection(8_000_000);
  pace.again(1_000);
  const sizes = [1_000, 1_001, 1_002].map((now) => {
    const size = pace.next(now);
    pace.given(size);
    return size;
  });
  assert.deepEqual(sizes, [65_536, 131_072, 262_144]);
});

Deno.test("Pace gives small pieces while they are taken slowly, whatever was taken before", () => {
  const pace = connection(8_000_000);
  pace.again(1_000);
  pace.given(pace.next(1_000));
  assert.equal(pace.next(1_250), 16_384);
});
