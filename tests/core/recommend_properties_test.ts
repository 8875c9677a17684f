/** What holds of recommendations whatever is observed, and in any network. */
import assert from "node:assert/strict";
import fc from "fast-check";
import {
  firstRecommendation,
  observed,
  recommend,
  recommendationReasons,
  scoreOf,
  unknownQuality,
} from "../../core/network/mod.ts";
import type { Measured, Observation, Quality, Recommendation } from "../../core/network/mod.ts";
import type { Transport } from "../../core/mod.ts";
import { mostInAnHour, worstInAnHour } from "./support/adversary.ts";
import { at, standing, trusted, well } from "./support/known_qualities.ts";
import { BEGIN_MS, live } from "./support/made_up_network.ts";
import type { Line } from "./support/made_up_network.ts";

const transport = fc.constantFrom<Transport>("http", "mqtt");

/** Plain ones, and those that no network has. */
const bytes = fc.oneof(fc.nat(2_000_000), fc.maxSafeInteger());
const ms = fc.oneof(fc.nat(5_000), fc.maxSafeInteger());
const observation: fc.Arbitrary<Observation> = fc.oneof(
  fc.record({ kind: fc.constant("answered"), ms }),
  fc.record({ kind: fc.constant("moved"), bytes, ms }),
  fc.record({ kind: fc.constant("stalled"), ms }),
  fc.constant({ kind: "cut" } as const),
  fc.record({ kind: fc.constant("repeated"), bytes }),
);

/** Something observed so long after what was before. */
const event = fc.record({
  transport,
  observation,
  afterMs: fc.oneof({ weight: 5, arbitrary: fc.nat(2_000) }, fc.nat(900_000), fc.maxSafeInteger()),
  isListening: fc.oneof({ weight: 5, arbitrary: fc.constant(true) }, fc.boolean()),
});
type Event = typeof event extends fc.Arbitrary<infer One> ? One : never;
const events = fc.array(event, { maxLength: 200, size: "max" });

/** All that was recommended, and what was known at the end; `passed` is done with both each time. */
function recommended(
  home: Transport,
  all: readonly Event[],
  passed: <T>(known: T) => T = (known) => known,
): { readonly recommendations: Recommendation[]; readonly measured: Measured } {
  let measured: Measured = { http: unknownQuality, mqtt: unknownQuality, isListening: true, home };
  const recommendations = [firstRecommendation(home)];
  let now = BEGIN_MS;
  for (const { transport, observation, afterMs, isListening } of all) {
    now = Math.min(now + afterMs, Number.MAX_SAFE_INTEGER);
    const quality = observed(measured[transport], observation, now);
    measured = passed({ ...measured, [transport]: quality, isListening });
    const next = recommend(recommendations.at(-1)!, measured, now);
    if (next !== recommendations.at(-1)) recommendations.push(passed(next));
  }
  return { recommendations, measured };
}

function isBetween(n: number, min: number, max: number): boolean {
  return Number.isSafeInteger(n) && n >= min && n <= max;
}

const TIME_MS_MAX = 2 ** 50;

Deno.test("recommend() and observed() stay within bounds, whatever is observed whenever", () => {
  fc.assert(fc.property(transport, events, (home, all) => {
    const { recommendations, measured } = recommended(home, all);
    for (const quality of [measured.http, measured.mqtt]) {
      const { rttMs, bytesPerS, steadyBytesPerS, trust, stalledMs, ...times } = quality;
      assert.ok(rttMs === null || isBetween(rttMs, 0, 60_000), `${rttMs} ms`);
      assert.equal(bytesPerS === null, steadyBytesPerS === null);
      for (const one of [bytesPerS ?? 0, steadyBytesPerS ?? 0]) {
        assert.ok(isBetween(one, 0, 2 ** 30));
      }
      assert.ok(isBetween(trust, 0, 1_000) && isBetween(scoreOf(quality), 0, 1_000), `${trust}`);
      assert.ok(isBetween(stalledMs, 0, 300_000), `${stalledMs} ms`);
      for (const time of Object.values(times)) {
        assert.ok(isBetween(time, 0, TIME_MS_MAX), `${time}`);
      }
      assert.ok(JSON.stringify(quality).length < 250);
    }
    for (const one of recommendations) {
      assert.ok(isBetween(one.chunkBytes, 4_096, 131_072), `${one.chunkBytes}`);
      assert.equal(one.chunkBytes & (one.chunkBytes - 1), 0, "a power of two");
      assert.ok(isBetween(one.inFlight, 1, 16), `${one.inFlight}`);
      assert.ok([5, 15].includes(one.heartbeatS));
      assert.ok(recommendationReasons.includes(one.reason));
      assert.ok(isBetween(one.hops, 0, 6), `${one.hops}`);
      assert.ok(isBetween(one.at, 0, TIME_MS_MAX) && isBetween(one.switchedAt, 0, one.at));
    }
  }));
});

Deno.test("recommend() and observed() take any time, also one before the last", () => {
  const time = fc.maxSafeInteger();
  fc.assert(fc.property(fc.array(fc.tuple(observation, time)), time, (all, now) => {
    const quality = all.reduce((known, [one, at]) => observed(known, one, at), unknownQuality);
    assert.ok(isBetween(quality.at, 0, TIME_MS_MAX));
    const measured = { http: quality, mqtt: quality, isListening: true, home: "http" } as const;
    const next = recommend(standing, measured, now);
    assert.ok(next.at >= standing.at && isBetween(next.at, 0, TIME_MS_MAX));
    assert.ok(isBetween(next.hops, 0, 6));
  }));
});

Deno.test("recommend() is the same each time, also when all was written as JSON in between", () => {
  const written = <T>(known: T): T => JSON.parse(JSON.stringify(known));
  fc.assert(fc.property(transport, events, (home, all) => {
    assert.deepEqual(recommended(home, all, written), recommended(home, all));
  }));
});

const swapped = (one: Transport): Transport => one === "http" ? "mqtt" : "http";

Deno.test("recommend() has no favourite: with HTTP and MQTT swapped the outcome is swapped", () => {
  fc.assert(fc.property(transport, events, (home, all) => {
    const there = all.map((one) => ({ ...one, isListening: true }));
    const here = there.map((one) => ({ ...one, transport: swapped(one.transport) }));
    const outcome = recommended(home, there).recommendations;
    assert.deepEqual(
      recommended(swapped(home), here).recommendations,
      outcome.map((one) => ({ ...one, transport: swapped(one.transport) })),
    );
  }));
});

/** Any quality with a score within the bounds. */
function scored(min: number, max: number): fc.Arbitrary<Quality> {
  const rate = fc.option(fc.oneof(fc.nat(60_000), fc.nat(10_000_000)), { nil: null });
  return fc.record({ rate, rttMs: fc.option(fc.nat(9_000), { nil: null }), trust: fc.nat(1_000) })
    .map(({ rate, ...known }) => ({ ...well, ...known, bytesPerS: rate, steadyBytesPerS: rate }))
    .filter((quality) => scoreOf(quality) >= min && scoreOf(quality) < max);
}

Deno.test("recommend() switches nothing between the thresholds", () => {
  const both = fc.tuple(scored(200, 1_001), scored(0, 700));
  fc.assert(fc.property(both, transport, fc.nat(6), ([here, there], home, hops) => {
    fc.pre((there.bytesPerS ?? 0) < 2 * (here.bytesPerS ?? Infinity));
    const before = { ...standing, hops };
    const measured = { http: here, mqtt: there, isListening: true, home };
    assert.equal(recommend(before, measured, at), before);
  }));
});

Deno.test("recommend() never goes to MQTT without a session, nor stays there", () => {
  fc.assert(fc.property(scored(0, 1_001), scored(0, 1_001), transport, (http, mqtt, using) => {
    const before = { ...standing, transport: using };
    const next = recommend(before, { http, mqtt, isListening: false, home: "mqtt" }, at);
    assert.equal(next.transport, "http");
  }));
});

Deno.test("recommend() switches to the other transport each time, and adjusts only in between", () => {
  fc.assert(fc.property(transport, events, (home, all) => {
    const { recommendations } = recommended(home, all);
    for (const [index, next] of recommendations.slice(1).entries()) {
      const before = recommendations[index]!;
      if (next.reason === "adjusted") {
        assert.equal(next.transport, before.transport);
        assert.equal(next.switchedAt, before.switchedAt);
        assert.ok(next.at - before.at >= 60_000);
        const [a, b] = [next.chunkBytes, before.chunkBytes];
        assert.ok(a >= 4 * b || b >= 4 * a);
      } else {
        assert.notEqual(next.transport, before.transport);
        assert.equal(next.switchedAt, next.at);
        if (next.reason !== "gone" && before.switchedAt > 0) {
          assert.ok(next.at - before.switchedAt >= 4_000);
        }
      }
    }
  }));
});

/** At each of these times the qualities are what an adversary wants. */
function switchTimes(
  steps: readonly { readonly afterMs: number; readonly measured: Measured }[],
): number[] {
  let now = BEGIN_MS;
  let last = firstRecommendation("http");
  const times: number[] = [];
  for (const { afterMs, measured } of steps) {
    now += afterMs;
    const fresh = (quality: Quality): Quality =>
      quality.at === 0 ? quality : { ...quality, at: now, measuredAt: now };
    const { http, mqtt } = measured;
    const next = recommend(last, { ...measured, http: fresh(http), mqtt: fresh(mqtt) }, now);
    if (next.transport !== last.transport) times.push(now);
    last = next;
  }
  return times;
}

const [loss, win] = [trusted(0), { ...well, bytesPerS: 2 ** 30, steadyBytesPerS: 2 ** 30 }];
const wanted = fc.constantFrom<Quality>(loss, win, unknownQuality, well, trusted(300));
const step = fc.record({
  afterMs: fc.constantFrom(100, 1_000, 4_000, 8_000, 16_000, 64_000),
  measured: fc.record({
    http: wanted,
    mqtt: wanted,
    isListening: fc.constant(true),
    home: transport,
  }),
});

Deno.test("recommend() switches no more than 60 times in an hour, whatever is made of the qualities", () => {
  const steps = fc.array(step, { minLength: 100, maxLength: 500, size: "max" });
  fc.assert(fc.property(steps, (all) => {
    assert.ok(mostInAnHour(switchTimes(all)) <= 60);
  }));
  assert.equal(worstInAnHour(false), 60);
  // A session that ends is left at once.
  assert.equal(worstInAnHour(true), 116);
});

/** What a line moves, from almost nothing to more than enough. */
const goodput = fc.integer({ min: 9, max: 26 }).chain((power) =>
  fc.integer({ min: 2 ** power, max: 2 ** (power + 1) })
);

Deno.test("recommend() finds the better of two transports that stay as they are, and stays there", () => {
  fc.assert(fc.property(transport, goodput, goodput, (home, http, mqtt) => {
    const untilS = 1_800;
    const { changes, bytes } = live(home, [
      { untilS, http: rate(http), mqtt: rate(mqtt) },
    ]);
    // One that is not bad is never left; of two that are, one is within half of the better.
    const atLeast = Math.min(Math.max(http, mqtt) / 2, 9_830);
    assert.ok(bytes >= 0.9 * atLeast * untilS, `${bytes} of ${atLeast * untilS}: ${changes}`);
    const switches = changes.filter((change) => !change.includes("adjusted"));
    assert.ok(switches.length <= 12, `${changes}`);
    if (Math.max(http, mqtt) >= 12_000) assert.ok(switches.length <= 1, `${changes}`);
  }));
});

/** Ways in which a transport can be bad. */
const trouble = fc.constantFrom<Line>(
  { bytesPerS: 0, unused: "cut" },
  { bytesPerS: 0, isCut: true, unused: "cut" },
  { bytesPerS: 1_000, unused: 9_000 },
);

Deno.test("recommend() leaves what became bad within 4 s, and is home again when that is good", () => {
  const untilS = fc.integer({ min: 30, max: 400 });
  fc.assert(fc.property(transport, trouble, untilS, (home, bad, forS) => {
    const good: Line = { bytesPerS: 500_000, unused: 50 };
    const away = swapped(home);
    const lines = (atHome: Line) => ({ [home]: atHome, [away]: good }) as Record<Transport, Line>;
    const { changes, recommended } = live(home, [
      { untilS: 60, ...lines(good) },
      { untilS: 60 + forS, ...lines(bad) },
      { untilS: 60 + forS + 400, ...lines(good) },
    ]);
    const [leftS, , to] = changes[0]!.split(" ");
    assert.ok(to === away && Number(leftS) <= 64, `${changes}`);
    assert.deepEqual([changes.length, recommended.at(-1)!.transport], [2, home], `${changes}`);
    assert.ok(changes[1]!.endsWith(`healed ${home}`));
  }));
});

Deno.test("recommend() lets a transport have its bad seconds, when it is good most of the time", () => {
  const mqtt: Line = { bytesPerS: 1_000_000, unused: 50 };
  const good: Line = { bytesPerS: 200_000 };
  const second = fc.oneof(
    { weight: 8, arbitrary: fc.integer({ min: 2_000, max: 2_000_000 }).map(rate) },
    fc.constant<Line>({ bytesPerS: 0 }),
    fc.constant<Line>({ bytesPerS: 0, isCut: true }),
  );
  fc.assert(fc.property(fc.array(second, { maxLength: 100, size: "max" }), (seconds) => {
    const spans = seconds.flatMap((http, n) => [
      { untilS: 8 * n + 27, http: good, mqtt },
      { untilS: 8 * n + 28, http, mqtt },
    ]);
    assert.deepEqual(live("http", spans).changes, []);
  }));
});

function rate(bytesPerS: number): Line {
  return { bytesPerS };
}
