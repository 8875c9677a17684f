/** A whole engine that devices reach through bad networks alone: one for HTTP, one for MQTT. */
import { BadNetwork } from "../support/network/bad_network.ts";
import type { Weather } from "../support/network/weather.ts";
import { freePort } from "../support/free_port.ts";
import { inHouse, Operator } from "./house.ts";
import type { Stage } from "./house.ts";
import type { HouseOptions } from "../../commands/house/house.ts";

/** What it is like on each way; the same weather over both is one network for both. */
export interface Skies {
  readonly http: Weather;
  readonly mqtt: Weather;
}

/** A house behind its networks, and an operator who is on its side of them. */
export interface WeatherStage {
  readonly stage: Stage;
  readonly operator: Operator;
  readonly http: BadNetwork;
  readonly mqtt: BadNetwork;
}

/** Runs the story in a house that tells devices to come by the networks. */
export async function behindWeather(
  { http: overHttp, mqtt: overMqtt }: Skies,
  story: (stage: WeatherStage) => Promise<void>,
  more: Partial<HouseOptions> = {},
): Promise<void> {
  const at = { host: "127.0.0.1", port: await freePort() };
  await using http = await BadNetwork.before(`http://${at.host}:${at.port}`, overHttp);
  await inHouse(async (stage) => {
    await using mqtt = await BadNetwork.before(stage.house.mqttUrl, overMqtt);
    const { token } = stage.house.operator;
    const operator = new Operator(() => `http://${at.host}:${at.port}`, () => token);
    await story({ stage, operator, http, mqtt });
  }, { ...more, http: at, publicUrl: http.url });
}
