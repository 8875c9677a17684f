/** What holds of shares whoever comes when, and whatever he does: in simulated time. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { FairShare } from "../../core/network/mod.ts";
import type { Wanted } from "../../core/network/mod.ts";

const RATE = 100_000;
const SIZE_MAX = 500_000;
/** It may be ahead by a second; waits are whole seconds. */
const BURST_MS = 1_000;
const ROUNDING_MS = 1_000;

const msOf = (bytes: number) => bytes * 1_000 / RATE;
const sizes = fc.integer({ min: 1, max: SIZE_MAX });
/** Many at once, or one after the other. */
const instants = fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 60_000 }));
const many = { minLength: 1, maxLength: 100, size: "max" } as const;
const arrivals = fc.array(fc.record({ at: instants, size: sizes }), many);

/** Somebody who does something at a time, and perhaps again later. */
interface Actor {
  at: number;
  /** When next; `undefined`: never again. */
  act(now: number): number | undefined;
}

/** Lets each act in its time, earliest first. */
function live(actors: readonly Actor[]): void {
  const waiting = actors.toSorted((a, b) => a.at - b.at);
  for (let steps = 0; waiting.length > 0; steps++) {
    assert.ok(steps < 20_000, "somebody asks for ever");
    const actor = waiting.shift()!;
    const next = actor.act(actor.at);
    if (next === undefined) continue;
    actor.at = next;
    const place = waiting.findIndex(({ at }) => at > next);
    waiting.splice(place < 0 ? waiting.length : place, 0, actor);
  }
}

function wholeOf(device: string, size: number, image = "a"): Wanted {
  return { device, image, from: 0, end: size, size };
}

type Share = Pick<FairShare, "begin" | "end">;

interface Served {
  readonly at: number;
  readonly size: number;
  readonly asked: number;
  readonly waitedMs: number;
}

/** A device that comes back as it is told, until it has its image. */
function honest(share: Share, name: string, at: number, size: number, served: Served[]): Actor {
  let asked = 0;
  const act = (now: number) => {
    const waitS = share.begin(wholeOf(name, size), now);
    asked++;
    if (waitS > 0) return now + waitS * 1_000;
    share.end(wholeOf(name, size), size, now);
    served.push({ at: now, size, asked, waitedMs: now - at });
  };
  return { at, act };
}

Deno.test("FairShare never gives more than the rate and its burst in any span of time", () => {
  fc.assert(fc.property(arrivals, (all) => {
    const served: Served[] = [];
    const share = new FairShare({ fleetBytesPerS: RATE });
    live(all.map(({ at, size }, n) => honest(share, `d-${n}`, at, size, served)));
    for (const [first, { at: from }] of served.entries()) {
      let sum = 0;
      for (const { at, size } of served.slice(first)) {
        sum += size;
        const spanMs = at - from + BURST_MS + ROUNDING_MS;
        assert.ok(msOf(sum - SIZE_MAX) <= spanMs + 1, `${sum} bytes in ${at - from} ms`);
      }
    }
  }));
});

Deno.test("FairShare serves all who keep their times, each when those before it are through", () => {
  fc.assert(fc.property(arrivals, (all) => {
    const served: Served[] = [];
    const share = new FairShare({ fleetBytesPerS: RATE });
    live(all.map(({ at, size }, n) => honest(share, `d-${n}`, at, size, served)));
    assert.equal(served.length, all.length);
    // One queue at the rate, as if the bytes of each went out one after the other.
    let throughAt = 0;
    const latest = all.toSorted((a, b) => a.at - b.at).map(({ at, size }) => {
      const turnAt = Math.max(at, throughAt);
      throughAt = turnAt + msOf(size);
      return turnAt;
    });
    const times = served.map(({ at }) => at).sort((a, b) => a - b);
    for (const [n, at] of times.entries()) assert.ok(at <= latest[n]! + ROUNDING_MS, `${n}`);
    for (const { asked } of served) assert.ok(asked <= 2);
  }));
});

/** So many do what they like. */
const BAD = 5;
/** A grant is for an image so many times. */
const TIMES_MAX = 4;
const images = { small: 20_000, large: 400_000, largest: SIZE_MAX } as const;
/** Something a device does that does not care: it asks for that part of an image, and takes some of it. */
const deeds = fc.record({
  device: fc.integer({ min: 1, max: BAD }),
  image: fc.constantFrom(...Object.keys(images) as (keyof typeof images)[]),
  afterMs: fc.integer({ min: 0, max: 200 }),
  begin: fc.double({ min: 0, max: 1, noNaN: true }),
  share: fc.double({ min: 0, max: 1, noNaN: true }),
});

Deno.test("FairShare lets nobody wait for more than five images of each device that does what it likes", () => {
  fc.assert(fc.property(fc.array(deeds, { ...many, maxLength: 300 }), (all) => {
    const share = new FairShare({ fleetBytesPerS: RATE });
    let [now, bytes] = [0, 0];
    for (const { device, image, afterMs, begin, share: part } of all) {
      const size = images[image];
      now += afterMs;
      const from = Math.min(Math.floor(begin * size), size - 1);
      const wanted = { device: `bad-${device}`, image, from, end: size, size };
      if (share.begin(wanted, now) > 0) continue;
      const sent = Math.floor(part * (size - from));
      share.end(wanted, sent, now);
      bytes += sent;
    }
    // What they fetched more than once is ahead of the rate, and paid before the next is granted.
    const aheadMsMax = BAD * TIMES_MAX * msOf(SIZE_MAX) + BURST_MS;
    assert.ok(msOf(bytes) <= now + aheadMsMax, `${bytes} bytes in ${now} ms`);
    const served: Served[] = [];
    live([honest(share, "good", now, SIZE_MAX, served)]);
    const waitMsMax = BAD * (TIMES_MAX + 1) * msOf(SIZE_MAX) + ROUNDING_MS;
    assert.equal(served.length, 1);
    assert.ok(served[0]!.waitedMs <= waitMsMax, `${served[0]!.waitedMs} ms`);
  }));
});

Deno.test("FairShare gives a device its rate for long, whatever it asks for and when", () => {
  fc.assert(fc.property(fc.array(deeds, { ...many, maxLength: 300 }), (all) => {
    const share = new FairShare({ deviceBytesPerS: RATE });
    let [now, bytes] = [0, 0];
    for (const { image, afterMs, share: part } of all) {
      const size = images[image];
      now += afterMs;
      const wanted = wholeOf("d", size, image);
      if (share.begin(wanted, now) > 0) continue;
      const sent = Math.floor(part * size);
      share.end(wanted, sent, now);
      bytes += sent;
    }
    // Ahead by ten seconds or an image, which may be fetched three times more.
    assert.ok(
      msOf(bytes) <= now + 10_000 + TIMES_MAX * msOf(SIZE_MAX) + 1,
      `${bytes} bytes in ${now} ms`,
    );
  }));
});

Deno.test("FairShare serves more devices than it can remember, each in its time", () => {
  const devicesMax = 50;
  fc.assert(
    fc.property(fc.array(sizes, { minLength: 120, maxLength: 200 }), (all) => {
      const [share, served] = [
        new FairShare({ fleetBytesPerS: RATE, devicesMax }),
        [] as Served[],
      ];
      live(all.map((size, n) => honest(share, `d-${n}`, n % 7, size, served)));
      assert.equal(served.length, all.length);
    }),
    { numRuns: 30 },
  );
});

Deno.test("FairShare still serves those who keep their times when its clock leaps ahead", () => {
  const leaps = fc.array(fc.record({ at: instants, ms: fc.integer({ min: 1, max: 1e9 }) }));
  fc.assert(fc.property(arrivals, leaps, (all, leaps) => {
    const served: Served[] = [];
    const share = new FairShare({ fleetBytesPerS: RATE });
    const engineTime = (at: number) =>
      leaps.reduce((sum, leap) => leap.at <= at ? sum + leap.ms : sum, at);
    const told: Share = {
      begin: (wanted, now) => share.begin(wanted, engineTime(now)),
      end: (wanted, sent, now) => share.end(wanted, sent, engineTime(now)),
    };
    live(all.map(({ at, size }, n) => honest(told, `d-${n}`, at, size, served)));
    assert.equal(served.length, all.length);
    const total = all.reduce((sum, { size }) => sum + size, 0);
    for (const { waitedMs } of served) assert.ok(waitedMs <= 2 * msOf(total) + 2 * ROUNDING_MS);
  }));
});
