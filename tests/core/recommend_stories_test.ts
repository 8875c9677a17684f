/** Which transport is recommended in which network, and when: told from the first byte on. */
import assert from "node:assert/strict";
import { recommendationReasons } from "../../core/network/mod.ts";
import type { Transport } from "../../core/mod.ts";
import { live } from "./support/made_up_network.ts";
import type { Line, Span } from "./support/made_up_network.ts";
import { KIB, MIB } from "./support/known_qualities.ts";

const rate = (bytesPerS: number): Line => ({ bytesPerS });
const good: Line = { bytesPerS: MIB, unused: 50 };
const dead: Line = { bytesPerS: 0, unused: "cut" };

interface Story {
  readonly name: string;
  readonly home?: Transport;
  readonly everyMs?: number;
  readonly spans: readonly Span[];
  readonly changes: readonly string[];
}

const stories: readonly Story[] = [
  {
    name: "a good network: nothing",
    spans: [{ untilS: 600, http: good, mqtt: good }],
    changes: [],
  },
  {
    name: "the other would be better, but this one is good enough: nothing",
    spans: [{ untilS: 600, http: rate(16_000), mqtt: rate(100 * MIB) }],
    // Of 64 KiB; they would take longer than is good.
    changes: ["69 adjusted http"],
  },
  {
    name: "it collapses from 1 MiB/s to 2 KiB/s",
    spans: [
      { untilS: 60, http: rate(MIB), mqtt: rate(MIB) },
      { untilS: 300, http: rate(2 * KIB), mqtt: rate(MIB) },
    ],
    changes: ["63 slow mqtt"],
  },
  {
    name: "it collapses from 100 MiB/s, which is noticed no later",
    everyMs: 500,
    spans: [
      { untilS: 60, http: rate(100 * MIB), mqtt: rate(MIB) },
      { untilS: 300, http: rate(2 * KIB), mqtt: rate(MIB) },
    ],
    changes: ["62.5 slow mqtt"],
  },
  {
    name: "it stops",
    spans: [
      { untilS: 60, http: rate(MIB), mqtt: rate(MIB) },
      { untilS: 300, http: rate(0), mqtt: rate(MIB) },
    ],
    changes: ["62 stalled mqtt"],
  },
  {
    name: "it stops, and is looked at every two seconds",
    everyMs: 2_000,
    spans: [
      { untilS: 60, http: rate(MIB), mqtt: rate(MIB) },
      { untilS: 300, http: rate(0), mqtt: rate(MIB) },
    ],
    changes: ["62 stalled mqtt"],
  },
  {
    name: "it pauses for a second: nothing",
    spans: [
      { untilS: 60, http: rate(MIB), mqtt: rate(MIB) },
      { untilS: 61, http: rate(0), mqtt: rate(MIB) },
      { untilS: 300, http: rate(MIB), mqtt: rate(MIB) },
    ],
    changes: [],
  },
  {
    name: "it is cut again and again",
    spans: [
      { untilS: 60, http: rate(MIB), mqtt: rate(MIB) },
      { untilS: 300, http: { bytesPerS: 0, isCut: true }, mqtt: rate(MIB) },
    ],
    changes: ["63 unreliable mqtt"],
  },
  {
    name: "it is cut once: nothing",
    spans: [
      { untilS: 60, http: rate(MIB), mqtt: rate(MIB) },
      { untilS: 61, http: { bytesPerS: 0, isCut: true }, mqtt: rate(MIB) },
      { untilS: 300, http: rate(MIB), mqtt: rate(MIB) },
    ],
    changes: [],
  },
  {
    name: "HTTP is blocked from the beginning",
    spans: [{ untilS: 600, http: dead, mqtt: good }],
    changes: ["3 stalled mqtt"],
  },
  {
    name: "MQTT is blocked from the beginning",
    home: "mqtt",
    spans: [{ untilS: 600, http: good, mqtt: dead }],
    changes: ["3 stalled http"],
  },
  {
    name: "a link of 64 kbit/s: the other is tried once, and seldom again",
    spans: [{ untilS: 900, http: rate(7_700), mqtt: rate(7_500) }],
    changes: [
      "3 slow mqtt",
      "63 adjusted mqtt",
      // Http was forgotten five minutes after it was left; the next time it takes twice as long.
      "304 slow http",
      "364 adjusted http",
    ],
  },
  {
    name: "both are bad, and the other is worse: it goes back, and tries again ever more seldom",
    spans: [{ untilS: 1_800, http: rate(8_000), mqtt: rate(2_000) }],
    changes: [
      "4 slow mqtt",
      "8 faster http",
      "68 adjusted http",
      "608 slow mqtt",
      "616 faster http",
      "1217 slow mqtt",
      "1233 faster http",
    ],
  },
  {
    name: "both are bad, and the other is better",
    spans: [{ untilS: 302, http: rate(2_000), mqtt: rate(8_000) }],
    changes: ["2 slow mqtt", "62 adjusted mqtt"],
  },
  {
    name: "a dead link: each is tried, in ever longer turns of which the longest is 5 min",
    spans: [{ untilS: 1_200, http: rate(0), mqtt: rate(0) }],
    changes: [
      "3 stalled mqtt",
      "33 stalled http",
      "93 stalled mqtt",
      "213 stalled http",
      "453 stalled mqtt",
      "753 stalled http",
      "1053 stalled mqtt",
    ],
  },
  {
    name: "a link that is dead for 30 s, and is seen to be: nothing",
    spans: [
      { untilS: 60, http: good, mqtt: good },
      { untilS: 90, http: dead, mqtt: dead },
      { untilS: 300, http: good, mqtt: good },
    ],
    changes: [],
  },
  {
    name: "HTTP is dead for a minute: back when it is good again",
    spans: [
      { untilS: 60, http: good, mqtt: good },
      { untilS: 120, http: dead, mqtt: good },
      { untilS: 600, http: good, mqtt: good },
    ],
    changes: ["62 stalled mqtt", "134 healed http"],
  },
  {
    name: "MQTT is dead for a minute, and was asked for",
    home: "mqtt",
    spans: [
      { untilS: 60, http: good, mqtt: good },
      { untilS: 120, http: good, mqtt: dead },
      { untilS: 600, http: good, mqtt: good },
    ],
    changes: ["62 stalled http", "134 healed mqtt"],
  },
  {
    name: "HTTP dies again and again: each time it takes longer to go back",
    spans: [0, 1, 2].flatMap((n) => [
      { untilS: 120 * n + 60, http: good, mqtt: good },
      { untilS: 120 * n + 70, http: dead, mqtt: good },
      { untilS: 120 * n + 120, http: good, mqtt: good },
    ]),
    changes: [
      "62 stalled mqtt",
      "93 healed http",
      "182 stalled mqtt",
      "243 healed http",
      "302 stalled mqtt",
    ],
  },
  {
    name: "HTTP only answers again, and is as slow as it was: back after 5 min, then after 10",
    spans: [
      { untilS: 60, http: good, mqtt: good },
      { untilS: 1_300, http: { bytesPerS: 2 * KIB, unused: 50 }, mqtt: good },
    ],
    changes: [
      "63 slow mqtt",
      "364 healed http",
      "368 slow mqtt",
      "968 healed http",
      "972 slow mqtt",
    ],
  },
  {
    name: "the MQTT session ends: at once, and back when it has proved itself",
    home: "mqtt",
    spans: [
      { untilS: 60, http: good, mqtt: good },
      { untilS: 100, http: good, mqtt: dead, isGone: true },
      { untilS: 300, http: good, mqtt: good },
    ],
    changes: ["61 gone http", "114 healed mqtt"],
  },
  {
    name: "the MQTT session ends now and then: each time it takes twice as long to go back",
    home: "mqtt",
    spans: [1, 2, 3].flatMap((n) => [
      { untilS: 100 * n, http: good, mqtt: good },
      { untilS: 100 * n + 2, http: good, mqtt: rate(MIB), isGone: true },
    ]),
    changes: [
      "101 gone http",
      "116 healed mqtt",
      "201 gone http",
      "231 healed mqtt",
      "301 gone http",
    ],
  },
  {
    name: "there is no MQTT session to go to: nothing",
    spans: [{ untilS: 300, http: rate(0), mqtt: rate(MIB), isGone: true }],
    changes: [],
  },
  {
    name: "the session flaps while HTTP is blocked: it is used whenever it is there",
    home: "mqtt",
    spans: [
      { untilS: 60, http: dead, mqtt: good },
      { untilS: 70, http: dead, mqtt: dead, isGone: true },
      { untilS: 120, http: dead, mqtt: good },
    ],
    changes: ["61 gone http", "71 faster mqtt"],
  },
];

for (const { name, home = "http", everyMs, spans, changes } of stories) {
  Deno.test(`recommend(): ${name}`, () => {
    assert.deepEqual(live(home, spans, everyMs).changes, changes);
  });
}

Deno.test("recommendationReasons are short words, each said in some network", () => {
  const said = new Set<string>(["first"]);
  for (const { changes } of stories) for (const change of changes) said.add(change.split(" ")[1]!);
  assert.deepEqual([...said].toSorted(), [...recommendationReasons].toSorted());
  for (const word of recommendationReasons) assert.match(word, /^[a-z]{4,10}$/);
});
