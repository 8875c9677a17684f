/** One network, fetched through by one transport, by the other, and by whichever is better. */
import { behindWeather } from "../../e2e/behind_weather.ts";
import { randomImage } from "../../e2e/house.ts";
import { fetchAll } from "../../e2e/weather_fleet.ts";
import type { Fetched, Mode } from "../../e2e/weather_fleet.ts";
import { Weather } from "../../support/network/weather.ts";
import type { Network, Phase } from "./network.ts";

/** Devices of one mode through a network of their own, whose chances come from the seed. */
export async function race(
  network: Network,
  mode: Mode,
  seed: number,
  limitMs: number,
): Promise<Fetched[]> {
  const { devices = 1 } = network;
  const lines = Array.from(
    { length: devices },
    (_, n) => fetchOne(network, mode, seed + n, limitMs),
  );
  return (await Promise.all(lines)).flat();
}

async function fetchOne(
  { imageBytes, phases, isOneLine }: Network,
  mode: Mode,
  seed: number,
  limitMs: number,
): Promise<Fetched[]> {
  const http = new Weather(phases[0].http, seed);
  const mqtt = isOneLine ? http : new Weather(phases[0].mqtt, seed);
  const timers: ReturnType<typeof setTimeout>[] = [];
  const become = (phase: Phase) => {
    mqtt.become(phase.mqtt);
    http.become(phase.http);
  };
  const begin = () => {
    for (const phase of phases) timers.push(setTimeout(() => become(phase), phase.fromMs));
  };
  let fetched: Fetched[] = [];
  try {
    await behindWeather({ http, mqtt }, async (on) => {
      fetched = await fetchAll(on, {
        image: randomImage(imageBytes),
        modes: [mode],
        limitMs,
        begin,
      });
    });
  } finally {
    for (const timer of timers) clearTimeout(timer);
  }
  return fetched;
}
