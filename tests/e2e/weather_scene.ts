/** What happens to devices in one network, and what must come of it. */
import assert from "node:assert/strict";
import { behindWeather } from "./behind_weather.ts";
import type { WeatherStage } from "./behind_weather.ts";
import { ChangingWeather } from "./changing_weather.ts";
import type { Phases } from "./changing_weather.ts";
import { randomImage } from "./house.ts";
import { fetchAll } from "./weather_fleet.ts";
import type { Fetched, Mode } from "./weather_fleet.ts";

/** A device that has not come to its end by then never will. */
const LIMIT_MS = 80_000;
const CHUNK = 16_384;

/** Devices, their network, and what else must hold. */
export interface Scene {
  readonly phases: Phases;
  readonly modes: readonly Mode[];
  readonly imageBytes: number;
  /** Of each device. */
  check?(fetched: Fetched): void;
  /** And of the networks afterwards. */
  afterwards?(on: WeatherStage): void;
}

/** Plays it: all devices end in success, with the right bytes, and the log replays clean. */
export async function play(scene: Scene): Promise<void> {
  const { phases, modes, imageBytes, check, afterwards } = scene;
  using weather = new ChangingWeather(phases);
  await behindWeather(weather, async (on) => {
    const order = { chunk_size: CHUNK / 1_024 };
    const image = randomImage(imageBytes);
    const all = await fetchAll(on, { image, modes, limitMs: LIMIT_MS, order });
    for (const fetched of all) {
      assertCame(fetched);
      check?.(fetched);
    }
    assertSparing(all, on, scene);
    afterwards?.(on);
  });
}

/** It ended in success with the right bytes. */
function assertCame({ mode, end, isRight, attempts, switched }: Fetched): void {
  const story = `${mode}: ${JSON.stringify({ attempts, switched })}`;
  assert.equal(end?.outcome, "succeeded", story);
  assert.ok(isRight, story);
}

/** No byte came twice but those of a chunk for each cut; nor were more given twice, as the engine has it. */
function assertSparing(
  all: readonly Fetched[],
  { http, mqtt }: WeatherStage,
  { phases }: Scene,
): void {
  const sum = (of: (fetched: Fetched) => number) => all.reduce((so, one) => so + of(one), 0);
  const given = (name: "cuts" | "repeated") =>
    sum(({ attempts }) => attempts.reduce((so, attempt) => so + attempt[name], 0));
  // An outage cuts all. Over MQTT each chunk on its way counts as cut by itself.
  const cuts = http.counts.resets + mqtt.counts.resets + (phases.length > 1 ? all.length : 0);
  const [came, gave] = [sum(({ stats }) => stats.repeated), given("repeated")];
  assert.ok(came <= CHUNK * cuts, `${came} B came twice, with ${cuts} cuts`);
  const chunks = cuts + given("cuts");
  assert.ok(gave <= CHUNK * chunks, `${gave} B were given twice, with ${chunks} chunks cut`);
}

/** What the engine recommended, one after the other. */
export function told({ measured }: Fetched): unknown[] {
  return measured.flatMap(({ outcome }) => outcome.effects).map(({ transport }) => transport);
}

/** No byte came over MQTT. */
export function onlyHttp({ stats }: Fetched): void {
  assert.equal(stats.bytesOverMqtt, 0);
}

/** All of them did. */
export function onlyMqtt({ stats }: Fetched): void {
  assert.equal(stats.bytesOverMqtt, stats.bytesFetched);
}
