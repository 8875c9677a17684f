import assert from "node:assert/strict";
import { Patience } from "../../../adapters/device/patience.ts";

type Came = readonly (readonly [bytes: number, ms: number])[];

/** How long each question took, and the bytes that came with the time before them. */
interface Measured {
  readonly trips?: readonly number[];
  readonly came?: Came;
}

/** A network of so many bytes a second, in pieces. */
const steady = (bytesPerS: number, bytes = 1_000): Came =>
  Array.from({ length: 20 }, () => [bytes, 1_000 * bytes / bytesPerS]);

const waits: [network: string, measured: Measured, first: number, silence: number][] = [
  ["nobody knows yet", {}, 3_000, 3_000],
  ["is near", { trips: [5] }, 1_000, 3_000],
  ["is far away", { trips: [600] }, 2_400, 3_000],
  ["is at the end of the world", { trips: [2_000] }, 8_000, 8_000],
  ["is fast", { trips: [5], came: steady(10_000_000) }, 1_000, 3_000],
  ["has 64 kbit/s", { trips: [50], came: steady(8_000) }, 1_024, 4_096],
  ["has 9.6 kbit/s", { trips: [50], came: steady(1_200) }, 6_827, 27_307],
  ["hardly gives anything", { trips: [50], came: steady(10) }, 30_000, 30_000],
];

for (const [network, { trips = [], came = [] }, first, silence] of waits) {
  Deno.test(`Patience with a network that ${network} is ${first} and ${silence} ms`, () => {
    const patience = new Patience();
    trips.forEach((ms) => patience.trip(ms));
    came.forEach(([bytes, ms]) => patience.came(bytes, ms));
    const waits = [patience.firstMs, patience.silenceMs].map(Math.round);
    assert.deepEqual(waits, [first, silence]);
  });
}

Deno.test("Patience doubles with each vain wait, up to half a minute", () => {
  const patience = new Patience();
  patience.trip(10);
  const waits = Array.from({ length: 7 }, () => {
    const { firstMs } = patience;
    patience.waited(firstMs);
    return firstMs;
  });
  assert.deepEqual(waits, [1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]);
});

Deno.test("Patience outlasts the pauses of a network that loses much, and forgets them", () => {
  const patience = new Patience();
  const bytesCome = (times: number) => {
    for (let n = 0; n < times; n++) patience.came(1_000, 1);
  };
  patience.trip(10);
  bytesCome(20);
  patience.waited(2_500);
  assert.deepEqual([patience.firstMs, patience.silenceMs], [5_000, 5_000]);
  bytesCome(50);
  assert.deepEqual([patience.firstMs, patience.silenceMs], [1_000, 3_000]);
});

Deno.test("Patience follows a network that has changed", () => {
  const patience = new Patience();
  for (const [bytes, ms] of steady(1_000_000)) patience.came(bytes, ms);
  const before = patience.silenceMs;
  for (const [bytes, ms] of steady(2_000)) patience.came(bytes, ms);
  assert.deepEqual([before, patience.silenceMs > 10_000], [3_000, true]);
  for (let n = 0; n < 20; n++) patience.trip(1_500);
  assert.equal(patience.firstMs, 6_000);
});
