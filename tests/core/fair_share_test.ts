/** Shares of bytes: a device's rate, the fleet's, and a thousand devices that come at once. */
import assert from "node:assert/strict";
import { FairShare } from "../../core/network/mod.ts";
import type { Wanted } from "../../core/network/mod.ts";

const KIB = 1_024;
const image = "a".repeat(64);

function want(device: string, from: number, end: number, size = 1_000 * KIB): Wanted {
  return { device, image, from, end, size };
}

/** Asks; where it need not wait it takes everything at once. */
function ask(share: FairShare, wanted: Wanted, now: number): number {
  const waitS = share.begin(wanted, now);
  if (waitS === 0) share.end(wanted, wanted.end - wanted.from, now);
  return waitS;
}

Deno.test("FairShare lets everybody have everything where there is no rate", () => {
  const share = new FairShare({});
  for (let n = 0; n < 1_000; n++) assert.equal(ask(share, want("d", 0, 1_000 * KIB), 0), 0);
});

Deno.test("FairShare gives a device one image at once, and the next when that is paid", () => {
  const share = new FairShare({ deviceBytesPerS: 10 * KIB });
  const next = { ...want("d", 0, 1_000 * KIB), image: "b".repeat(64) };
  assert.equal(ask(share, want("d", 0, 1_000 * KIB), 0), 0);
  const wait = ask(share, next, 0);
  assert.ok(wait >= 100 && wait <= 125, `${wait} s`);
  assert.equal(ask(share, want("other", 0, 1_000 * KIB), 0), 0);
  // Nor range by range: what is begun is not to stop in the middle.
  assert.ok(ask(share, { ...next, end: 64 * KIB }, 50_000) > 0);
  for (let from = 0; from < 1_000 * KIB; from += 100 * KIB) {
    assert.equal(ask(share, { ...next, from, end: from + 100 * KIB }, wait * 1_000), 0);
  }
});

Deno.test("FairShare spreads the devices of a fleet that was updated at once", () => {
  const share = new FairShare({ deviceBytesPerS: 10 * KIB });
  const waits = Array.from({ length: 100 }, (_, n) => {
    ask(share, want(`d-${n}`, 0, 1_000 * KIB), 0);
    return ask(share, { ...want(`d-${n}`, 0, 1_000 * KIB), image: "b".repeat(64) }, 0);
  });
  assert.ok(new Set(waits).size > 20, `${waits}`);
  assert.ok(Math.min(...waits) >= 100 && Math.max(...waits) <= 125, `${waits}`);
});

Deno.test("FairShare lets a device finish what it began, range by range, whoever waits", () => {
  const share = new FairShare({ fleetBytesPerS: 100 * KIB });
  assert.equal(ask(share, want("first", 0, 64 * KIB), 0), 0);
  assert.equal(ask(share, want("second", 0, 64 * KIB), 0), 9);
  for (let from = 64 * KIB; from < 1_000 * KIB; from += 64 * KIB) {
    assert.equal(ask(share, want("first", from, Math.min(from + 64 * KIB, 1_000 * KIB)), 0), 0);
  }
});

Deno.test("FairShare lets a device resume after cuts: what it was not given costs nothing", () => {
  const share = new FairShare({ deviceBytesPerS: 10 * KIB, fleetBytesPerS: 100 * KIB });
  for (let from = 0; from < 1_000 * KIB; from += 50 * KIB) {
    const rest = want("cut", from, 1_000 * KIB);
    assert.equal(share.begin(rest, 0), 0);
    share.end(rest, 50 * KIB, 0);
  }
  assert.equal(ask(share, want("second", 0, 1_000 * KIB), 0), 9);
});

Deno.test("FairShare lets a device fetch its image anew at once; who comes later waits for that", () => {
  const share = new FairShare({ fleetBytesPerS: 100 * KIB });
  const whole = want("first", 0, 1_000 * KIB);
  assert.equal(ask(share, whole, 0), 0);
  assert.equal(ask(share, want("second", 0, 1_000 * KIB), 0), 9);
  for (let retry = 1; retry <= 3; retry++) assert.equal(ask(share, whole, 0), 0);
  // The place of the second is its own; the third pays for three more images.
  assert.equal(ask(share, want("second", 0, 1_000 * KIB), 0), 9);
  assert.equal(ask(share, want("third", 0, 1_000 * KIB), 0), 49);
  // As often as an attempt may fail; then its place is behind all others.
  assert.equal(ask(share, whole, 0), 59);
});

Deno.test("FairShare keeps the place of whoever asks too early, and its bytes for whoever is late", () => {
  const share = new FairShare({ fleetBytesPerS: 100 * KIB });
  const waits = ["a", "b", "c"].map((device) => ask(share, want(device, 0, 1_000 * KIB), 0));
  assert.deepEqual(waits, [0, 9, 19]);
  assert.equal(ask(share, want("b", 0, 1_000 * KIB), 4_000), 5);
  assert.equal(ask(share, want("c", 0, 1_000 * KIB), 3_000_000), 0);
  assert.equal(ask(share, want("b", 0, 1_000 * KIB), 3_000_000), 0);
});

Deno.test("FairShare gives a device one place, whatever it asks for and however often", () => {
  const share = new FairShare({ fleetBytesPerS: 100 * KIB });
  const one = want("both", 0, 1_000 * KIB);
  const other = { ...one, image: "b".repeat(64) };
  ask(share, want("first", 0, 1_000 * KIB), 0);
  for (let n = 0; n < 100; n++) {
    for (const wanted of [one, other]) assert.equal(ask(share, wanted, 0), 9);
  }
  assert.equal(ask(share, want("last", 0, 1_000 * KIB), 0), 19);
  assert.equal(ask(share, other, 9_000), 0);
});

Deno.test("FairShare keeps bytes a day for whoever does not come, and as long as they are fetched", () => {
  const share = new FairShare({ fleetBytesPerS: 100 * KIB });
  const hour = 3_600_000;
  ask(share, want("first", 0, 1_000 * KIB), 0);
  for (const device of ["daily", "weekly"]) assert.ok(ask(share, want(device, 0, 64 * KIB), 0) > 0);
  const crowd = (now: number) => {
    for (let n = 0; n < 5; n++) ask(share, want(`${now}-${n}`, 0, 1_000 * KIB), now);
  };
  for (let n = 1; n < 5; n++) {
    crowd(n * 25 * hour);
    assert.equal(ask(share, want("daily", 64 * KIB * n, 64 * KIB * (n + 1)), n * 25 * hour), 0);
  }
  assert.ok(ask(share, want("weekly", 0, 64 * KIB), 100 * hour) > 0);
});

Deno.test("FairShare sends nobody away for more than a day, and keeps places that are further away", () => {
  const share = new FairShare({ fleetBytesPerS: 1_024 });
  const size = 200_000 * KIB;
  const whole = (device: string) => want(device, 0, size, size);
  assert.equal(ask(share, whole("first"), 0), 0);
  let now = 0;
  const waits = [1, 2, 3].map(() => {
    const wait = ask(share, whole("second"), now);
    now += wait * 1_000;
    return wait;
  });
  assert.deepEqual(waits, [86_400, 86_400, 27_199]);
  assert.equal(ask(share, whole("second"), now), 0);
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
