import assert from "node:assert/strict";
import fc from "fast-check";
import {
  answered,
  answerMsMax,
  KEEPALIVE_S_MAX,
  KEEPALIVE_S_MIN,
  lost,
  RETRY_MS_MAX,
  RETRY_MS_MIN,
  retryMs,
  unknownPath,
} from "../../core/network/mod.ts";
import type { Path } from "../../core/network/mod.ts";

const draw = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
const answers = (path: Path, ...ms: number[]) => ms.reduce(answered, path);

Deno.test("retryMs() is from 1 to 120 s, however long it goes on", () => {
  assert.deepEqual([RETRY_MS_MIN, RETRY_MS_MAX], [1_000, 120_000]);
  fc.assert(fc.property(fc.integer({ min: -5, max: 2 ** 40 }), draw, (failures, random) => {
    const ms = retryMs(failures, random);
    assert.ok(Number.isInteger(ms) && ms >= RETRY_MS_MIN && ms <= RETRY_MS_MAX, String(ms));
  }));
});

Deno.test("retryMs() doubles from 1 s on until it is 60 s at least", () => {
  const shortest = Array.from({ length: 10 }, (_, index) => retryMs(index + 1, 0));
  const doubled = [1_000, 2_000, 4_000, 8_000, 16_000, 32_000];
  assert.deepEqual(shortest, [...doubled, 60_000, 60_000, 60_000, 60_000]);
});

Deno.test("retryMs() draws the upper half of each wait, also of the first", () => {
  const most = 1 - 2 ** -40;
  for (let failures = 1; failures < 20; failures++) {
    const [shortest, longest] = [retryMs(failures, 0), retryMs(failures, most)];
    assert.equal(longest, 2 * shortest - 1);
    assert.equal(retryMs(failures, 0.5), shortest * 3 / 2);
  }
  fc.assert(fc.property(fc.integer({ min: 1, max: 99 }), draw, draw, (failures, one, other) => {
    const [less, more] = [Math.min(one, other), Math.max(one, other)];
    assert.ok(retryMs(failures, less) <= retryMs(failures, more));
  }));
});

Deno.test("keepalive grows on a good path by steps, to 300 s at most", () => {
  const seen = [unknownPath.keepaliveS];
  let path = unknownPath;
  for (let n = 0; n < 12; n++) seen.push((path = answered(path, 40)).keepaliveS);
  assert.deepEqual(seen, [60, 90, 120, 150, 180, 210, 240, 270, 300, 300, 300, 300, 300]);
});

Deno.test("keepalive halves with each loss, to 30 s at least, and grows again", () => {
  let path: Path = { ...unknownPath, keepaliveS: KEEPALIVE_S_MAX };
  const seen = [];
  for (let n = 0; n < 5; n++) seen.push((path = lost(path)).keepaliveS);
  assert.deepEqual(seen, [150, 75, 37, 30, 30]);
  assert.equal(answered(path, 40).keepaliveS, 60);
});

Deno.test("keepalive shrinks by steps on a path that answers late", () => {
  let path = answers(unknownPath, 20, 20, 20);
  assert.equal(path.keepaliveS, 150);
  path = answered(path, 2_000);
  assert.equal(path.keepaliveS, 180, "one late answer is no slow path");
  const slow = answers({ ...path, rttMs: 3_000 }, 3_000, 3_000);
  assert.equal(slow.keepaliveS, 120);
  assert.equal(answers(slow, 3_000, 3_000, 3_000, 3_000, 3_000).keepaliveS, KEEPALIVE_S_MIN);
  assert.equal(answered(unknownPath, 1_000).keepaliveS, 90);
  assert.equal(answered(unknownPath, 1_001).keepaliveS, 30);
});

Deno.test("a path's round trip and its spread are smoothed as in RFC 6298", () => {
  const first = answered(unknownPath, 100);
  assert.deepEqual([first.rttMs, first.varianceMs], [100, 50]);
  const second = answered(first, 180);
  assert.deepEqual([second.rttMs, second.varianceMs], [110, 58]);
  const third = answered(second, 30);
  assert.deepEqual([third.rttMs, third.varianceMs], [100, 64]);
  assert.deepEqual(lost(third), { ...third, keepaliveS: 75 });
});

Deno.test("an answer is waited for four times as long as usual, from 5 to 30 s", () => {
  assert.equal(answerMsMax(unknownPath), 30_000);
  assert.equal(answerMsMax(answered(unknownPath, 10)), 5_000);
  assert.equal(answerMsMax({ keepaliveS: 60, rttMs: 2_000, varianceMs: 100 }), 9_600);
  assert.equal(answerMsMax({ keepaliveS: 60, rttMs: 2_000, varianceMs: 3_000 }), 30_000);
});

Deno.test("whatever is measured, every bound of a path holds", () => {
  const event = fc.option(fc.nat({ max: 600_000 }), { nil: undefined });
  fc.assert(fc.property(fc.array(event, { maxLength: 60 }), (events) => {
    let path = unknownPath;
    for (const ms of events) {
      path = ms === undefined ? lost(path) : answered(path, ms);
      const { keepaliveS } = path;
      assert.ok(Number.isInteger(keepaliveS));
      assert.ok(keepaliveS >= KEEPALIVE_S_MIN && keepaliveS <= KEEPALIVE_S_MAX);
      assert.ok(answerMsMax(path) >= 5_000 && answerMsMax(path) <= 30_000);
    }
  }));
});
