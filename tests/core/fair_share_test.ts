/** Shares of bytes: a device's rate, the fleet's, and a thousand devices that come at once. */
import assert from "node:assert/strict";
import { FairShare } from "../../core/network/mod.ts";

const KIB = 1_024;
const image = "a".repeat(64);

function want(device: string, from: number, end: number, size = 1_000 * KIB) {
  return { device, image, from, end, size };
}

/** Asks and, where it need not wait, takes. */
function ask(share: FairShare, wanted: ReturnType<typeof want>, now: number): number {
  const waitS = share.waitS(wanted, now);
  if (waitS === 0) share.take(wanted, now);
  return waitS;
}

Deno.test("FairShare lets everybody have everything where there is no rate", () => {
  const share = new FairShare({});
  for (let n = 0; n < 1_000; n++) assert.equal(ask(share, want("d", 0, 1_000 * KIB), 0), 0);
});

Deno.test("FairShare gives a device one image at once, and then its rate", () => {
  const share = new FairShare({ deviceBytesPerS: 10 * KIB });
  const whole = want("d", 0, 1_000 * KIB);
  assert.equal(ask(share, whole, 0), 0);
  // It may be one image ahead: the second is allowed as the first one is being paid, the third is not.
  assert.equal(ask(share, whole, 0), 0);
  const wait = ask(share, whole, 0);
  assert.ok(wait >= 100 && wait <= 125, `${wait} s`);
  assert.equal(ask(share, want("other", 0, 1_000 * KIB), 0), 0);
  assert.equal(ask(share, whole, wait * 1_000), 0);
});

Deno.test("FairShare lets a device finish what it began, range by range, whoever waits", () => {
  const share = new FairShare({ fleetBytesPerS: 100 * KIB });
  assert.equal(ask(share, want("first", 0, 64 * KIB), 0), 0);
  const wait = ask(share, want("second", 0, 64 * KIB), 0);
  assert.equal(wait, 9);
  for (let from = 64 * KIB; from < 1_000 * KIB; from += 64 * KIB) {
    assert.equal(ask(share, want("first", from, Math.min(from + 64 * KIB, 1_000 * KIB)), 0), 0);
  }
  // Once more from the start is not what it was granted.
  assert.ok(ask(share, want("first", 0, 64 * KIB), 0) > wait);
});

Deno.test("FairShare keeps the place of whoever asks too early, and its bytes for whoever is late", () => {
  const share = new FairShare({ fleetBytesPerS: 100 * KIB });
  const waits = ["a", "b", "c"].map((device) => ask(share, want(device, 0, 1_000 * KIB), 0));
  assert.deepEqual(waits, [0, 9, 19]);
  assert.equal(ask(share, want("b", 0, 1_000 * KIB), 4_000), 5);
  assert.equal(ask(share, want("c", 0, 1_000 * KIB), 3_000_000), 0);
  assert.equal(ask(share, want("b", 0, 1_000 * KIB), 3_000_000), 0);
});

Deno.test("FairShare forgets a grant that nobody used in two hours", () => {
  const share = new FairShare({ fleetBytesPerS: 100 * KIB });
  const whole = want("a", 0, 1_000 * KIB);
  assert.equal(ask(share, whole, 0), 0);
  for (let n = 0; n < 5; n++) ask(share, want(`d${n}`, 0, 1_000 * KIB), 7_199_000);
  assert.ok(ask(share, whole, 7_201_000) > 0);
});

/** Devices that ask, wait as long as they are told, and ask again: how many asked in each second. */
function stampede(devices: number, share: FairShare, size: number): Map<number, [number, number]> {
  const seconds = new Map<number, [asked: number, served: number]>();
  const due: { device: string; at: number }[] = Array.from(
    { length: devices },
    (_, n) => ({ device: `device-${n}`, at: 0 }),
  );
  for (let next; (next = due.shift());) {
    const { device, at } = next;
    const wait = ask(share, { device, image, from: 0, end: size, size }, at);
    const second = seconds.get(at / 1_000) ?? [0, 0];
    seconds.set(at / 1_000, [second[0] + 1, second[1] + (wait === 0 ? 1 : 0)]);
    if (wait === 0) continue;
    due.push({ device, at: at + wait * 1_000 });
    due.sort((a, b) => a.at - b.at);
  }
  return seconds;
}

Deno.test("a thousand devices that come at once are served at the fleet's rate, without a second stampede", () => {
  const size = 1_000 * KIB;
  const share = new FairShare({ fleetBytesPerS: 10 * size });
  const seconds = stampede(1_000, share, size);
  const [first, ...later] = [...seconds].sort(([a], [b]) => a - b);
  assert.deepEqual(first, [0, [1_000, 11]]);
  // Ten images a second: as many come back in each, every one of them is served, and none is idle.
  assert.deepEqual(later.pop(), [99, [9, 9]]);
  assert.equal(later.length, 98);
  for (const [second, counts] of later) assert.deepEqual(counts, [10, 10], `second ${second}`);
});
