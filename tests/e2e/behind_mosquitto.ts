/** A registry of a real engine, and a real Mosquitto started with what `broker-config` wrote. */
import { runBrokerConfig } from "../../adapters/cli/mod.ts";
import { Paper } from "../adapters/cli/paper.ts";
import { freePort } from "../support/free_port.ts";
import { Mosquitto } from "../support/mosquitto.ts";
import { BrokerClient } from "./broker_client.ts";
import { inHouse } from "./house.ts";
import type { Stage } from "./house.ts";

/** The listeners, in the order in which the configuration has them. */
export const DEVICES = 0;
export const ENGINE = 1;

export interface Scene {
  readonly stage: Stage;
  readonly broker: Mosquitto;
  /** The folder that `broker-config` wrote. */
  readonly folder: string;
  /** Tokens by device; `pump-7` and `pump-8` are known from the start. */
  readonly tokens: Map<string, string>;
  /** Logs a device in. */
  device(id: string, more?: Parameters<typeof BrokerClient.enter>[3]): Promise<BrokerClient>;
  /** Logs the engine's user in. */
  engine(more?: Parameters<typeof BrokerClient.enter>[3]): Promise<BrokerClient>;
}

/** The arguments with which the command writes for this engine. */
export function argsFor(
  folder: string,
  ports: readonly number[],
  url: string,
  data: string,
): string[] {
  const addresses = ["--devices", `127.0.0.1:${ports[0]}`, "--engine", `127.0.0.1:${ports[1]}`];
  return ["mosquitto", "--out", folder, ...addresses, "--url", url, "--data", data];
}

/** Runs the story behind a Mosquitto, which is ended afterwards. */
export async function behindMosquitto(story: (scene: Scene) => Promise<void>): Promise<void> {
  await inHouse(async (stage) => {
    const folder = `${stage.folder}/broker`;
    const tokens = new Map<string, string>();
    for (const id of ["pump-7", "pump-8"]) tokens.set(id, await stage.register(id));
    const ports = [await freePort(), await freePort()];
    const args = argsFor(folder, ports, stage.house.httpUrl, `${stage.folder}/data`);
    await runBrokerConfig(args, new Paper(false), { url: undefined, token: undefined });
    await using broker = await Mosquitto.withFile(`${folder}/otalog.conf`, ports);
    const secret = (await Deno.readTextFile(`${folder}/engine.password`)).trim();
    await story({
      stage,
      broker,
      folder,
      tokens,
      device: (id, more) => BrokerClient.enter(broker.url(DEVICES), id, tokens.get(id)!, more),
      engine: (more) => BrokerClient.enter(broker.url(ENGINE), "otalog", secret, more),
    });
  });
}
