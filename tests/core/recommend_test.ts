/** When another transport is recommended, to the point and to the millisecond. */
import assert from "node:assert/strict";
import { firstRecommendation, recommend, unknownQuality } from "../../core/network/mod.ts";
import type { Measured, Quality, Recommendation } from "../../core/network/mod.ts";
import type { Transport } from "../../core/mod.ts";
import { at, KIB, moves, standing, trusted, well, worth } from "./support/known_qualities.ts";

interface Row {
  readonly name: string;
  readonly http: Quality;
  readonly mqtt: Quality;
  readonly home?: Transport;
  readonly standing?: Partial<Recommendation>;
  readonly reason: string | undefined;
}

const rows: readonly Row[] = [
  { name: "a score of 200 is no reason", http: trusted(200), mqtt: well, reason: undefined },
  { name: "one of 199 is", http: trusted(199), mqtt: well, reason: "unreliable" },
  { name: "the other one is not good", http: trusted(199), mqtt: trusted(699), reason: undefined },
  { name: "it just is", http: trusted(199), mqtt: trusted(700), reason: "unreliable" },
  { name: "it is unknown", http: trusted(199), mqtt: unknownQuality, reason: "unreliable" },
  {
    name: "it was not observed for 5 min",
    http: trusted(199),
    mqtt: { ...trusted(300), at: at - 300_001, measuredAt: at - 300_001 },
    reason: "unreliable",
  },
  {
    name: "it was observed 5 min ago",
    http: trusted(199),
    mqtt: { ...trusted(300), at: at - 300_000, measuredAt: at - 300_000 },
    reason: undefined,
  },
  { name: "what is slow", http: worth(199), mqtt: well, reason: "slow" },
  {
    name: "what answers too late, and is not trusted much",
    http: { ...trusted(390), rttMs: 8_000, bytesPerS: 18_000 },
    mqtt: well,
    reason: "slow",
  },
  {
    name: "what is as slow as it is unreliable",
    http: { ...worth(400), trust: 400 },
    mqtt: well,
    reason: "slow",
  },
  {
    name: "what is faster than it is reliable",
    http: { ...worth(401), trust: 400 },
    mqtt: well,
    reason: "unreliable",
  },
  {
    name: "what answers late, but moves",
    http: { ...well, rttMs: 60_000 },
    mqtt: unknownQuality,
    reason: undefined,
  },
  {
    name: "what stopped for a second",
    http: { ...worth(199), stalledMs: 1_000 },
    mqtt: well,
    reason: "stalled",
  },
  {
    name: "what stopped for less",
    http: { ...worth(199), stalledMs: 999 },
    mqtt: well,
    reason: "slow",
  },
  {
    name: "dead, and the other is not bad",
    http: trusted(19),
    mqtt: trusted(200),
    reason: "unreliable",
  },
  { name: "dead, and so is the other", http: trusted(19), mqtt: trusted(199), reason: undefined },
  { name: "not quite dead", http: trusted(20), mqtt: trusted(200), reason: undefined },
  {
    name: "dead, and the other was bad 30 s ago",
    http: trusted(19),
    mqtt: { ...trusted(10), at: at - 30_000 },
    reason: "unreliable",
  },
  {
    name: "dead, and the other was bad less than 30 s ago",
    http: trusted(19),
    mqtt: { ...trusted(10), at: at - 29_999 },
    reason: undefined,
  },
  {
    name: "both are bad, and the other moves twice as much",
    http: moves(4_000),
    mqtt: moves(8_000),
    reason: "faster",
  },
  {
    name: "both are bad, and the other moves less than twice as much",
    http: moves(4_000),
    mqtt: moves(7_999),
    reason: undefined,
  },
  {
    name: "both are bad, and the other moves twice as much, but is less to be trusted",
    http: moves(4_000),
    mqtt: { ...moves(8_000), trust: 490 },
    reason: undefined,
  },
  {
    name: "both are bad, and the other one moved twice as much only just now",
    http: moves(4_000),
    mqtt: { ...moves(8_000), steadyBytesPerS: 5_000 },
    reason: undefined,
  },
  {
    name: "nothing has moved here, and on the other something did",
    http: { ...unknownQuality, trust: 50, at },
    mqtt: worth(60),
    reason: "faster",
  },
  {
    name: "nothing has moved here, and the other is dead",
    http: { ...unknownQuality, trust: 19, at },
    mqtt: worth(19),
    reason: undefined,
  },
  {
    name: "good, and the other moves twice as much",
    http: well,
    mqtt: worth(50_000),
    reason: "faster",
  },
  {
    name: "good, and the other moves less than twice as much",
    http: well,
    mqtt: worth(42_000),
    reason: undefined,
  },
  {
    name: "it pauses, and the other usually moves less",
    http: { ...well, bytesPerS: 24_576 },
    mqtt: worth(1_500),
    reason: undefined,
  },
  {
    name: "good, and the other moves twice as much, but is not to be trusted",
    http: well,
    mqtt: { ...worth(50_000), trust: 699 },
    reason: undefined,
  },
  {
    name: "good, and the other is trusted enough",
    http: well,
    mqtt: { ...worth(50_000), trust: 700 },
    reason: "faster",
  },
  { name: "home is good again", http: well, mqtt: trusted(700), home: "mqtt", reason: "healed" },
  { name: "home is not yet good", http: well, mqtt: trusted(699), home: "mqtt", reason: undefined },
  { name: "the other is not home", http: well, mqtt: well, reason: undefined },
  {
    name: "home was not observed since it was left",
    http: well,
    mqtt: { ...well, at: at - 100_000 },
    home: "mqtt",
    standing: { switchedAt: at - 100_000 },
    reason: undefined,
  },
  {
    name: "home was observed since",
    http: well,
    mqtt: { ...well, at: at - 99_999 },
    home: "mqtt",
    standing: { switchedAt: at - 100_000 },
    reason: "healed",
  },
  {
    name: "home moves half as much",
    http: { ...well, bytesPerS: 96 * KIB },
    mqtt: worth(1_000),
    home: "mqtt",
    reason: "healed",
  },
  {
    name: "home moves less than half",
    http: { ...well, bytesPerS: 96 * KIB + 2 },
    mqtt: worth(1_000),
    home: "mqtt",
    reason: undefined,
  },
  {
    name: "it is forgotten what home moves, which was slow within 10 min",
    http: well,
    mqtt: { ...well, bytesPerS: null, steadyBytesPerS: null, measuredAt: at - 600_000 },
    home: "mqtt",
    standing: { switchedAt: at - 599_999, hops: 2 },
    reason: undefined,
  },
  {
    name: "that is longer ago",
    http: well,
    mqtt: { ...well, bytesPerS: null, steadyBytesPerS: null, measuredAt: at - 600_001 },
    home: "mqtt",
    standing: { switchedAt: at - 599_999, hops: 2 },
    reason: "healed",
  },
  {
    name: "home only ever answered",
    http: well,
    mqtt: { ...well, bytesPerS: null, steadyBytesPerS: null, measuredAt: 0 },
    home: "mqtt",
    standing: { switchedAt: at - 599_999, hops: 2 },
    reason: "healed",
  },
];

for (const { name, http, mqtt, home = "http", standing: other, reason } of rows) {
  Deno.test(`recommend() says ${reason ?? "nothing"}: ${name}`, () => {
    const before = { ...standing, ...other };
    const next = recommend(before, { http, mqtt, isListening: true, home }, at);
    assert.equal(next === before ? undefined : next.reason, reason);
    if (reason) assert.equal(next.transport, "mqtt");
  });
}

Deno.test("recommend() lets a switch wait twice as long for each one of late, bounded", () => {
  const waits = [
    { http: trusted(100), home: "http", s: [4, 8, 16, 32, 64, 64], reason: "unreliable" },
    { http: well, home: "mqtt", s: [15, 30, 60, 120, 240, 480], reason: "healed" },
  ] as const;
  for (const { http, home, s, reason } of waits) {
    for (const [index, seconds] of s.entries()) {
      const before: Recommendation = { ...standing, switchedAt: at, hops: index + 1 };
      const now = at + seconds * 1_000;
      const measured = {
        http: { ...http, at: now, measuredAt: now },
        mqtt: { ...well, at: now, measuredAt: now },
        home,
      };
      const all: Measured = { ...measured, isListening: true };
      assert.equal(recommend(before, all, now - 1).transport, "http", `${seconds} s`);
      const next = recommend(before, all, now);
      assert.deepEqual([next.transport, next.reason], ["mqtt", reason]);
      assert.deepEqual([next.at, next.switchedAt], [now, now]);
    }
  }
});

Deno.test("recommend() lets the first switch wait for nothing", () => {
  const bad = { ...trusted(100), at: 1_000 };
  const measured = { http: bad, mqtt: unknownQuality, isListening: true, home: "http" } as const;
  assert.equal(recommend(firstRecommendation("http"), measured, 1_000).transport, "mqtt");
});

Deno.test("recommend() counts hops, up to 6, and one less for each 10 min without any", () => {
  const rows: readonly [minutes: number, hops: number, next: number, home: number][] = [
    [9, 1, 2, 1],
    [9, 5, 6, 5],
    [9, 6, 6, 6],
    [10, 6, 6, 5],
    [20, 6, 5, 4],
    [59, 6, 2, 1],
    [60, 6, 1, 1],
    [10_000, 6, 1, 1],
  ];
  for (const [minutes, hops, next, home] of rows) {
    const before: Recommendation = { ...standing, switchedAt: at - minutes * 60_000, hops };
    const left = recommend(before, {
      http: trusted(100),
      mqtt: well,
      isListening: true,
      home: "http",
    }, at);
    const healed = recommend(
      before,
      { http: well, mqtt: well, isListening: true, home: "mqtt" },
      at,
    );
    assert.deepEqual([left.hops, healed.hops], [next, home], `${hops} after ${minutes} min`);
  }
});

Deno.test("recommend() leaves MQTT at once when its session ends, whatever HTTP is like", () => {
  const before: Recommendation = { ...standing, transport: "mqtt", switchedAt: at, hops: 6 };
  const gone = { http: trusted(0), mqtt: well, isListening: false, home: "mqtt" } as const;
  const next = recommend(before, gone, at);
  assert.deepEqual([next.transport, next.reason, next.hops], ["http", "gone", 6]);
  const bad = { ...gone, http: trusted(0), mqtt: { ...well, at: at + 500_000 } };
  assert.equal(recommend(next, bad, at + 500_000).transport, "http");
});
