/**
 * Whole upgrades through bad networks, of virtual devices that fetch by one way or by both: each ends in
 * success, and hardly a byte comes twice. All run side by side, as most of the time they wait.
 */
import assert from "node:assert/strict";
import type { Conditions } from "../support/network/conditions.ts";
import { weathers } from "../support/network/weathers.ts";
import { always } from "./changing_weather.ts";
import type { Phases } from "./changing_weather.ts";
import type { Mode } from "./weather_fleet.ts";
import { onlyHttp, onlyMqtt, play, told } from "./weather_scene.ts";
import type { Scene } from "./weather_scene.ts";

/** A line that is fast enough, and needs some seconds for a small image. */
const good: Conditions = { delayMs: 10, bytesPerS: 60_000 };
/** As good, by another line. */
const goodToo: Conditions = { ...good };
const { dead, refused } = weathers;
const all: readonly Mode[] = ["auto", "http", "mqtt"];

const BLOCKED_BYTES = 300_000;
const OUTAGE_AT_MS = 4_000;
const [LONG_MS, SHORT_MS] = [30_000, 12_000];

/** Good at first, then as that for so long, then good again. */
function outage(
  [http, mqtt]: readonly [Conditions, Conditions],
  [httpThen, mqttThen]: readonly [Conditions, Conditions],
  ms = SHORT_MS,
): Phases {
  return [
    { fromMs: 0, http, mqtt },
    { fromMs: OUTAGE_AT_MS, http: httpThen, mqtt: mqttThen },
    { fromMs: OUTAGE_AT_MS + ms, http, mqtt },
  ];
}

const scenes: Readonly<Record<string, Scene>> = {
  "20 devices, a round trip of 300 ms, and of ten connections one is reset": {
    phases: always(weathers.far),
    modes: Array.from({ length: 20 }, (_, n) => all[n % all.length]!),
    imageBytes: 400_000,
    afterwards: ({ http, mqtt }) => {
      assert.ok(http.counts.resets > 0, "HTTP was reset");
      assert.ok(mqtt.counts.resets > 0, "MQTT was reset");
    },
  },
  "a link that dies for 30 s in the middle": {
    phases: outage([good, good], [dead, dead], LONG_MS),
    modes: all,
    imageBytes: 200_000,
    check: ({ ms }) => assert.ok(ms > OUTAGE_AT_MS + LONG_MS, `It was over after ${ms} ms`),
  },
  "64 kbit/s": { phases: always(weathers.slow), modes: all, imageBytes: 80_000 },
  "MQTT is refused": {
    phases: [{ fromMs: 0, http: good, mqtt: refused }],
    modes: ["auto", "http"],
    imageBytes: BLOCKED_BYTES,
    check: onlyHttp,
  },
  "MQTT is a black hole": {
    phases: [{ fromMs: 0, http: good, mqtt: dead }],
    modes: ["auto", "http"],
    imageBytes: BLOCKED_BYTES,
    check: onlyHttp,
  },
  "HTTP is refused": {
    phases: [{ fromMs: 0, http: refused, mqtt: good }],
    modes: ["auto", "mqtt"],
    imageBytes: BLOCKED_BYTES,
    check: onlyMqtt,
  },
  "HTTP is a black hole": {
    phases: [{ fromMs: 0, http: dead, mqtt: good }],
    modes: ["auto", "mqtt"],
    imageBytes: BLOCKED_BYTES,
    check: onlyMqtt,
  },
  "HTTP is dead for a while, and then it heals": {
    phases: outage([good, goodToo], [dead, goodToo]),
    modes: ["auto"],
    imageBytes: 2_800_000,
    check: ({ switched }) => {
      const ways = switched.map(({ transport }) => transport);
      assert.deepEqual([ways[0], ways.at(-1)], ["mqtt", "http"]);
    },
  },
  "HTTP is slow, then dead for so long that the engine leaves it, and then it heals": {
    phases: outage(
      [{ ...good, bytesPerS: 20_000 }, { ...good, bytesPerS: 38_000 }],
      [dead, { ...good, bytesPerS: 38_000 }],
    ),
    modes: ["auto"],
    imageBytes: 1_700_000,
    check: (fetched) => {
      assert.equal(fetched.switched.at(-1)?.transport, "http");
      assert.deepEqual([told(fetched)[0], told(fetched).at(-1)], ["mqtt", "http"]);
    },
  },
  "MQTT is dead for a while, and then it heals": {
    phases: outage([good, goodToo], [good, dead]),
    modes: ["mqtt"],
    imageBytes: 2_000_000,
    check: (fetched) => {
      onlyMqtt(fetched);
      assert.deepEqual([told(fetched)[0], told(fetched).at(-1)], ["http", "mqtt"]);
    },
  },
};

/** Steps run side by side only so; the test around them is held to it all the same. */
const unsanitized = { sanitizeOps: false, sanitizeResources: false, sanitizeExit: false };

Deno.test("devices come through bad networks, and hardly a byte comes twice", async (t) => {
  const steps = Object.entries(scenes).map(([name, scene]) =>
    t.step({ name, fn: () => play(scene), ...unsanitized })
  );
  await Promise.all(steps);
});
