/**
 * Whole upgrades through bad networks, of virtual devices that fetch by one way or by both: each ends in
 * success, and hardly a byte comes twice. All run side by side, as most of the time they wait.
 */
import assert from "node:assert/strict";
import { weathers } from "../support/network/weathers.ts";
import { Weather } from "../support/network/weather.ts";
import type { Conditions } from "../support/network/conditions.ts";
import { behindWeather } from "./behind_weather.ts";
import type { WeatherStage } from "./behind_weather.ts";
import { randomImage } from "./house.ts";
import { fetchAll } from "./weather_fleet.ts";
import type { Fetched, Mode } from "./weather_fleet.ts";

/** A device that has not come to its end by then never will. */
const LIMIT_MS = 80_000;
const CHUNK = 16_384;

/** What happens to devices in one network. */
interface Scene {
  /** Of both ways, which are one line; or of each. */
  readonly weather: Conditions | { readonly http: Conditions; readonly mqtt: Conditions };
  readonly modes: readonly Mode[];
  readonly imageBytes: number;
  /** From so many milliseconds on, for so long, it is like this. */
  readonly meanwhile?: {
    readonly atMs: number;
    readonly ms: number;
    readonly weather: Scene["weather"];
  };
  /** What else must hold of each device. */
  check?(fetched: Fetched, scene: Scene): void;
  /** And of the networks afterwards. */
  afterwards?(on: WeatherStage): void;
}

/** A line that takes some seconds to bring a small image. */
const narrow: Conditions = { delayMs: 10, bytesPerS: 20_000 };
const both: readonly Mode[] = ["auto", "http", "mqtt"];
const OUTAGE_MS = 30_000;

const scenes: Readonly<Record<string, Scene>> = {
  "20 devices, a round trip of 300 ms, and of ten connections one is reset": {
    weather: weathers.far,
    modes: Array.from({ length: 20 }, (_, n) => both[n % 3]!),
    imageBytes: 400_000,
    afterwards: ({ http, mqtt }) => {
      assert.ok(http.counts.resets > 0, "HTTP was reset");
      assert.ok(mqtt.counts.resets > 0, "MQTT was reset");
    },
  },
  "a link that dies for 30 s in the middle": {
    weather: { ...narrow, bytesPerS: 60_000 },
    modes: both,
    imageBytes: 200_000,
    meanwhile: { atMs: 4_000, ms: OUTAGE_MS, weather: weathers.dead },
    check: ({ ms }) => assert.ok(ms > 4_000 + OUTAGE_MS, `It was over after ${ms} ms`),
  },
  "64 kbit/s": {
    weather: weathers.slow,
    modes: both,
    imageBytes: 80_000,
  },
  "MQTT is refused": {
    weather: { http: narrow, mqtt: weathers.refused },
    modes: ["auto", "http"],
    imageBytes: 100_000,
    check: onlyHttp,
  },
  "MQTT is a black hole": {
    weather: { http: narrow, mqtt: weathers.dead },
    modes: ["auto", "http"],
    imageBytes: 100_000,
    check: onlyHttp,
  },
  "HTTP is refused": {
    weather: { http: weathers.refused, mqtt: narrow },
    modes: ["auto", "mqtt"],
    imageBytes: 100_000,
    check: onlyMqtt,
  },
  "HTTP is a black hole": {
    weather: { http: weathers.dead, mqtt: narrow },
    modes: ["auto", "mqtt"],
    imageBytes: 100_000,
    check: onlyMqtt,
  },
  "HTTP is dead for a while, and then it heals": {
    weather: { http: narrow, mqtt: narrow },
    modes: ["auto"],
    imageBytes: 1_000_000,
    meanwhile: { atMs: 4_000, ms: 12_000, weather: { http: weathers.dead, mqtt: narrow } },
    check: ({ switched }) => {
      assert.deepEqual(switched.map(({ transport }) => transport), ["mqtt", "http"]);
    },
  },
  "MQTT is dead for a while, and then it heals": {
    weather: { http: narrow, mqtt: narrow },
    modes: ["mqtt"],
    imageBytes: 600_000,
    meanwhile: { atMs: 4_000, ms: 12_000, weather: { http: narrow, mqtt: weathers.dead } },
    check: onlyMqtt,
  },
};

Deno.test("devices come through bad networks, and hardly a byte comes twice", async (t) => {
  const steps = Object.entries(scenes).map(([name, scene]) =>
    t.step({ name, fn: () => play(scene), ...unsanitized })
  );
  await Promise.all(steps);
});

/** Steps run side by side only so; the test around them is held to it all the same. */
const unsanitized = { sanitizeOps: false, sanitizeResources: false, sanitizeExit: false };

async function play(scene: Scene): Promise<void> {
  const { modes, imageBytes, check, afterwards } = scene;
  const skies = skiesOf(scene);
  using change = new Change(skies, scene);
  await behindWeather(skies, async (on) => {
    const all = await fetchAll(on, {
      ...{ image: randomImage(imageBytes), modes, limitMs: LIMIT_MS },
      order: { chunk_size: CHUNK / 1_024 },
      begin: () => change.begin(),
    });
    for (const fetched of all) {
      assertCame(fetched);
      check?.(fetched, scene);
    }
    afterwards?.(on);
  });
}

interface Skies {
  readonly http: Weather;
  readonly mqtt: Weather;
}

function skiesOf({ weather }: Scene): Skies {
  if ("http" in weather) {
    return { http: new Weather(weather.http), mqtt: new Weather(weather.mqtt) };
  }
  const one = new Weather(weather as Conditions);
  return { http: one, mqtt: one };
}

/** Makes the weather what it is meanwhile, and then what it was. */
class Change implements Disposable {
  readonly #skies: Skies;
  readonly #scene: Scene;
  readonly #timers: ReturnType<typeof setTimeout>[] = [];

  constructor(skies: Skies, scene: Scene) {
    this.#skies = skies;
    this.#scene = scene;
  }

  begin(): void {
    const { weather, meanwhile } = this.#scene;
    if (!meanwhile) return;
    const { atMs, ms } = meanwhile;
    this.#timers.push(setTimeout(() => this.#become(meanwhile.weather), atMs));
    this.#timers.push(setTimeout(() => this.#become(weather), atMs + ms));
  }

  #become(weather: Scene["weather"]): void {
    const { http, mqtt } = this.#skies;
    mqtt.become("mqtt" in weather ? weather.mqtt : weather as Conditions);
    http.become("http" in weather ? weather.http : weather as Conditions);
  }

  [Symbol.dispose](): void {
    for (const timer of this.#timers) clearTimeout(timer);
  }
}

/** It ended in success with the right bytes, of which none beyond a chunk for each cut came twice. */
function assertCame({ mode, end, isRight, stats, attempts, switched }: Fetched): void {
  const story = `${mode}: ${JSON.stringify({ attempts, switched })}`;
  assert.equal(end?.outcome, "succeeded", story);
  assert.ok(isRight, story);
  const sum = (name: string) => attempts.reduce((all, attempt) => all + attempt[name], 0);
  const most = CHUNK * (sum("cuts") + sum("stalls") + switched.length);
  assert.ok(stats.repeated <= most, `The device fetched ${stats.repeated} B twice: ${story}`);
  assert.ok(sum("repeated") <= most, `The engine gave ${sum("repeated")} B twice: ${story}`);
}

function onlyHttp({ stats }: Fetched): void {
  assert.equal(stats.bytesOverMqtt, 0);
}

function onlyMqtt({ stats }: Fetched, { imageBytes }: Scene): void {
  assert.equal(stats.bytesOverMqtt, imageBytes);
}
