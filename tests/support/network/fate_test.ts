import assert from "node:assert/strict";
import { Fate } from "./fate.ts";

const COUNT = 10_000;
const fates = (seed: number) =>
  Array.from({ length: COUNT }, (_, nth) => new Fate(seed, `connection ${nth}`));
/** Of a hundred, give or take one. */
const assertShare = (count: number, percent: number) =>
  assert.ok(Math.abs(count * 100 / COUNT - percent) < 1, `${count} of ${COUNT}`);

Deno.test("Fate is the same for the same seed and name, and another for any other", () => {
  const told = (fate: Fate) => [
    fate.resetAt,
    fate.isReset(50),
    ...[0, 1_400, 2_800].map((at) => fate.lossesOf("up", at, 30)),
    ...[0, 1_400, 2_800].map((at) => fate.jitterOf("down", at, 2_000)),
  ];
  const [one, other] = [fates(1).map(told), fates(2).map(told)];
  assert.deepEqual(fates(1).map(told), one);
  assert.equal(new Set([...one, ...other].map(String)).size, 2 * COUNT);
});

for (const percent of [0, 1, 10, 100]) {
  Deno.test(`Fate.isReset() is true of ${percent} connections of a hundred`, () => {
    assertShare(fates(7).filter((fate) => fate.isReset(percent)).length, percent);
  });
}

Deno.test("Fate.resetAt is in the first KiB almost as often as in all that follow", () => {
  const all = fates(7).map(({ resetAt }) => resetAt);
  assert.ok(all.every((at) => at >= 1 && at <= 1_048_576));
  assertShare(all.filter((at) => at <= 1_024).length, 48);
});

for (const [percent, once, twice] of [[0, 0, 0], [30, 30, 9], [100, 100, 100]] as const) {
  Deno.test(`Fate.lossesOf() loses ${percent} segments of a hundred, and ${twice} again`, () => {
    for (const way of ["up", "down"] as const) {
      const losses = fates(7).map((fate, nth) => fate.lossesOf(way, nth * 1_400, percent));
      assertShare(losses.filter((count) => count >= 1).length, once);
      assertShare(losses.filter((count) => count >= 2).length, twice);
      assert.ok(losses.every((count) => count <= 6));
    }
  });
}

Deno.test("Fate.jitterOf() is anything up to the limit", () => {
  const late = fates(7).map((fate, nth) => fate.jitterOf("up", nth, 99));
  assert.ok(late.every((ms) => Number.isInteger(ms) && ms >= 0 && ms <= 99));
  assertShare(late.filter((ms) => ms < 50).length, 50);
});
