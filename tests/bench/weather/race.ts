/** One network, fetched through by one transport or by whichever is better. */
import { behindWeather } from "../../e2e/behind_weather.ts";
import { ChangingWeather } from "../../e2e/changing_weather.ts";
import { randomImage } from "../../e2e/house.ts";
import { fetchAll } from "../../e2e/weather_fleet.ts";
import type { Fetched, Mode } from "../../e2e/weather_fleet.ts";
import { limitMs } from "./network.ts";
import type { Network } from "./network.ts";
import type { StartLine } from "./start_line.ts";

/** Its devices, each in a house of its own behind a network whose chances come from the seed; all begin at the start. */
export async function race(
  network: Network,
  mode: Mode,
  seed: number,
  start: StartLine,
): Promise<Fetched[]> {
  const { devices = 1 } = network;
  return await Promise.all(
    Array.from({ length: devices }, (_, n) => fetchOne(network, mode, seed + n, start)),
  );
}

async function fetchOne(
  network: Network,
  mode: Mode,
  seed: number,
  start: StartLine,
): Promise<Fetched> {
  const { imageBytes, phases } = network;
  using weather = new ChangingWeather(phases, seed);
  const image = randomImage(imageBytes);
  let fetched: Fetched | undefined;
  await behindWeather(weather, async (on) => {
    const ready = () => start.ready();
    [fetched] = await fetchAll(on, { image, modes: [mode], limitMs: limitMs(network), ready });
  });
  return fetched!;
}
