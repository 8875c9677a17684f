/** A data folder with a real image and a fleet that was offered it: made by the engine, without a network. */
import { openImageFiles } from "../../../adapters/files/mod.ts";
import { requestUpgrade } from "../../../core/mod.ts";
import type { Engine } from "../../../core/engine/mod.ts";
import { randomImage } from "../../e2e/house.ts";
import { loginOf, quietEngine, register, reportOf, submit } from "../made_log.ts";

/** The version that every device is offered. */
export const VERSION = "2.0.0";

/** Devices whose inputs are decided together: they fit the engine's queue. */
const TOGETHER = 1_000;

/** Makes it, and gives the digest of the image. */
export async function makeFleet(
  data: string,
  devices: number,
  imageBytes: number,
): Promise<string> {
  await using quiet = await quietEngine(data);
  const { engine } = quiet;
  const files = await openImageFiles(data);
  const body = new Blob([randomImage(imageBytes)]).stream();
  const image = await files.ingest(body, { maxSize: imageBytes });
  const named = { image, version: VERSION, product: null, name: `${VERSION}.bin` };
  await command(engine, { type: "addFirmware", ...named });
  await files.settle(image.sha256, () => Promise.resolve(true));
  const logins = Array.from({ length: devices }, (_, number) => loginOf(number));
  await register(engine, logins);
  for (let from = 0; from < devices; from += TOGETHER) {
    const group = logins.slice(from, from + TOGETHER);
    await Promise.all(group.map(({ id }) => offer(engine, id, `sha256:${image.sha256}`)));
  }
  return image.sha256;
}

async function offer(engine: Engine, device_id: string, checksum: string): Promise<void> {
  const order = { device_id, firmware_version: VERSION, checksum };
  await command(engine, { type: "requestUpgrade", request: requestUpgrade.parse(order) });
  await submit(engine, reportOf(device_id, "request", {}));
}

async function command(
  engine: Engine,
  command: Extract<Parameters<Engine["submit"]>[0], { kind: "command" }>["command"],
): Promise<void> {
  await submit(engine, { kind: "command", actor: "operator:bench", command });
}
