/** The disk fails once, at any of the writes and syncs of an upgrade. */
import assert from "node:assert/strict";
import { checksumOf, Operator, randomImage, soon } from "../e2e/house.ts";
import { inFolder } from "../support/folder.ts";
import { EngineProcess, TOKEN, underStrace } from "./engine_process.ts";
import { FleetDevice, order } from "./fleet_device.ts";
import type { FleetImage } from "./fleet_device.ts";
import { readLog } from "./log_check.ts";

/** Which write or sync of the engine fails: from its start to the end of the upgrade. */
const POINTS = Array.from({ length: 20 }, (_, n) => 4 + n * n);
const IMAGE_BYTES = 1_048_576;
const TRIES_MAX = 5;

/** Does it until it is done: whoever is refused comes again. */
async function tried<T>(action: (attempt: number) => Promise<T>): Promise<T> {
  for (let attempt = 1;; attempt++) {
    try {
      return await action(attempt);
    } catch (error) {
      if (attempt === TRIES_MAX) throw error;
    }
  }
}

/** A whole upgrade, begun by an operator; the device with its ledger. */
async function upgrade(engine: EngineProcess): Promise<[string, FleetDevice]> {
  const operator = new Operator(() => engine.httpUrl, () => TOKEN);
  const bytes = randomImage(IMAGE_BYTES);
  const image: FleetImage = { version: "1.1.0", checksum: checksumOf(bytes), size: IMAGE_BYTES };
  await tried(async () => {
    const { status } = await operator.ask("PUT", "/firmware/1.1.0", bytes);
    assert.ok(status === 201 || status === 200, `${status}`);
  });
  // A refused registration may be durable all the same: another try takes another name.
  const [id, token] = await tried(async (attempt) =>
    [`pump-${attempt}`, await operator.register(`pump-${attempt}`)] as const
  );
  const device = new FleetDevice(id, token, {
    httpUrl: engine.httpUrl,
    mqttUrl: engine.mqttUrl,
    up: () => engine.up(),
    order: (device, image, completion) => order(operator, device, image, completion),
  });
  await soon(device.run([image], () => false), "the end of the upgrade", 90_000);
  return [id, device];
}

/** The upgrade with a disk that fails at that write or sync; what the engine said of it. */
async function failsAt(when: number, folder: string): Promise<string> {
  const fault = `pwrite64,fsync,fdatasync:error=EIO:when=${when}`;
  await using first = await EngineProcess.on(folder, underStrace(fault));
  const isStarted = await first.start();
  if (!isStarted) assert.match(first.said, /^[^\n]*(I\/O|Input\/output) error[^\n]*\.\n$/);
  await using engine = isStarted ? first : await EngineProcess.on(folder);
  if (!isStarted) assert.ok(await engine.start(), engine.said);
  const [id, device] = await upgrade(engine);
  assert.equal(await engine.end("SIGTERM"), 0);
  const { reports, tasks } = await readLog(folder);
  assert.deepEqual(device.refused, []);
  assert.deepEqual(reports.get(`device/${id}`), device.acknowledged);
  assert.deepEqual(tasks.get(device.succeeded[0]!), { state: "succeeded", attempt: 1 });
  return first.said;
}

Deno.test("an I/O error at any write of an upgrade loses nothing that was acknowledged", async () => {
  let noticed = 0;
  for (const when of POINTS) {
    await inFolder(async (folder) => {
      try {
        if (await failsAt(when, `${folder}/data`) !== "") noticed++;
      } catch (error) {
        throw new Error(`with an error at write ${when}`, { cause: error });
      }
    });
  }
  console.log(`${POINTS.length} errors, ${noticed} noticed`);
  assert.ok(noticed >= POINTS.length / 2, `only ${noticed} errors were noticed`);
});
