/** The virtual device and its faults against a whole engine. */
import assert from "node:assert/strict";
import { VirtualDevice } from "../../adapters/device/mod.ts";
import type { DeviceEnd, DeviceOptions } from "../../adapters/device/mod.ts";
import { checksumOf, inHouse, randomImage, soon } from "./house.ts";
import type { Row, Stage } from "./house.ts";

const SIZE = 260_000;
const CHUNK = 16_384;
const CHUNKS = Math.ceil(SIZE / CHUNK);

async function upgrade(
  stage: Stage,
  faults: Partial<DeviceOptions>,
  order = {},
): Promise<{ end: DeviceEnd; rows: Row[]; stored: string; checksum: string }> {
  const token = await stage.register("pump-7");
  const checksum = await stage.upload("2.0.0", randomImage(SIZE));
  await stage.order("pump-7", "2.0.0", checksum, { chunk_size: CHUNK / 1024, ...order });
  const device = new VirtualDevice({
    id: "pump-7",
    token,
    mqttUrl: stage.house.mqttUrl,
    folder: `${stage.folder}/device`,
    version: "1.0.0",
    ...faults,
  });
  const end = await soon(device.run(), "the end of the upgrade");
  const stored = checksumOf(await Deno.readFile(`${stage.folder}/device/pump-7.bin`));
  return { end, rows: await stage.rows("pump-7"), stored, checksum };
}

const all = Array.from({ length: CHUNKS }, (_, index) => index);
const only = (rows: Row[], type: string) => rows.filter((row) => row.type === type);

Deno.test("a virtual device fetches every chunk once and succeeds", async () => {
  await inHouse(async (stage) => {
    const { end, stored, checksum } = await upgrade(stage, {});
    assert.equal(end.outcome, "succeeded");
    assert.equal(stored, checksum);
    assert.deepEqual(end.stats.chunks, all);
    assert.equal(end.stats.bytesFetched, SIZE);
  });
});

Deno.test("a device that lost its connections resumes at the byte where it stopped", async () => {
  await inHouse(async (stage) => {
    const { end, rows, stored, checksum } = await upgrade(stage, { cutAt: SIZE / 2 });
    assert.equal(end.outcome, "succeeded");
    assert.equal(stored, checksum);
    assert.equal(end.stats.cuts, 1);
    // No chunk twice: it went on where it was, and no attempt was spent.
    assert.deepEqual(end.stats.chunks, all);
    assert.equal(end.stats.attempts, 1);
    const stoppedAt = Math.ceil(SIZE / 2 / CHUNK) * CHUNK;
    const resumed = only(rows, "UpdateRequested").map(({ data }) => data.resume_from);
    assert.deepEqual(resumed, [undefined, stoppedAt]);
  });
});

Deno.test("exactly one corrupt chunk is named in the log and fetched exactly once again", async () => {
  await inHouse(async (stage) => {
    const { end, rows, stored, checksum } = await upgrade(stage, { corruptChunk: 7 });
    assert.equal(end.outcome, "succeeded");
    assert.equal(stored, checksum);
    assert.deepEqual(end.stats.chunks, [...all, 7]);
    assert.deepEqual(only(rows, "ChunkFailed").map(({ data }) => data.bad_chunks), [[7]]);
    assert.equal(end.stats.attempts, 2);
  });
});

Deno.test("a digest that stays wrong is retried three times, then the task has failed", async () => {
  await inHouse(async (stage) => {
    const { end, rows } = await upgrade(stage, { corruptAlways: true });
    assert.equal(end.outcome, "failed");
    assert.equal(end.reason, "wrong_digest");
    assert.deepEqual(end.stats.chunks, [...all, ...all, ...all, ...all]);
    const effects = only(rows, "DigestReported").flatMap(({ outcome }) => outcome.effects);
    assert.deepEqual(effects.map(({ type }) => type), [
      "sendRetry",
      "sendRetry",
      "sendRetry",
      "sendFailed",
    ]);
    const task = await stage.task(end.taskId);
    assert.deepEqual([task.state, task.reason, task.attempt], ["failed", "wrong_digest", 4]);
    assert.equal((await stage.ask("GET", "/devices/pump-7")).body.version, "1.0.0");
  });
});

Deno.test("with completion booted, success needs the new version to run", async () => {
  await inHouse(async (stage) => {
    const { end, rows } = await upgrade(stage, {}, { completion: "booted" });
    assert.equal(end.outcome, "succeeded");
    const states = rows.flatMap(({ outcome }) => outcome.moves.map(({ to }) => to));
    assert.deepEqual(states, [
      "queued",
      "offered",
      "downloading",
      "verifying",
      "awaiting_install",
      "installing",
      "rebooting",
      "succeeded",
    ]);
  });
});
