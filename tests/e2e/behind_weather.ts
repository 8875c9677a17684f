/** A whole engine that devices reach through bad networks alone: one for HTTP, one for MQTT. */
import type { HouseOptions } from "../../commands/house/house.ts";
import { BadNetwork } from "../support/network/bad_network.ts";
import { freePort } from "../support/free_port.ts";
import type { ChangingWeather } from "./changing_weather.ts";
import { inHouse, Operator } from "./house.ts";
import type { Stage } from "./house.ts";

/** A house behind its networks, and an operator who is on its side of them. */
export interface WeatherStage {
  readonly stage: Stage;
  readonly operator: Operator;
  readonly weather: ChangingWeather;
  readonly http: BadNetwork;
  readonly mqtt: BadNetwork;
}

/** Runs the story in a house that tells devices to come by the networks. */
export async function behindWeather(
  weather: ChangingWeather,
  story: (stage: WeatherStage) => Promise<void>,
  more: Partial<HouseOptions> = {},
): Promise<void> {
  const at = { host: "127.0.0.1", port: await freePort() };
  const engineUrl = `http://${at.host}:${at.port}`;
  await using http = await BadNetwork.before(engineUrl, weather.http);
  await inHouse(async (stage) => {
    await using mqtt = await BadNetwork.before(stage.house.mqttUrl, weather.mqtt);
    const { token } = stage.house.operator;
    const operator = new Operator(() => engineUrl, () => token);
    await story({ stage, operator, weather, http, mqtt });
  }, { ...more, http: at, publicUrl: http.url });
}
