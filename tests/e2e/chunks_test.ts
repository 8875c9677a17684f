/** Bytes over MQTT, as PROTOCOL tells it, over real TCP. */
import assert from "node:assert/strict";
import { checksumOf, inHouse, randomImage } from "./house.ts";
import type { Stage } from "./house.ts";
import { RawDevice } from "./raw_device.ts";

const SIZE = 300_000;

interface Scene extends Stage {
  readonly device: RawDevice;
  readonly image: Uint8Array<ArrayBuffer>;
  readonly checksum: string;
  readonly id: string;
}

/** A device with an offer of 5 chunks, which it has heard. */
async function offered(story: (scene: Scene) => Promise<void>): Promise<void> {
  await inHouse(async (stage) => {
    const token = await stage.register("pump-7");
    const image = randomImage(SIZE);
    const checksum = await stage.upload("2.0.0", image);
    const id = await stage.order("pump-7", "2.0.0", checksum, { chunk_size: 64 });
    await using device = await RawDevice.connect(stage.house.mqttUrl, "pump-7", token);
    await device.hears("metadata");
    await story(Object.assign(stage, { device, image, checksum, id }));
  });
}

/** What it hears of the part at that offset. */
async function part(device: RawDevice, id: string, offset: number): Promise<Uint8Array> {
  return (await device.hears(`chunk/${id}/${offset}`)).payload;
}

Deno.test("a device fetches a whole image over MQTT, and is believed as over HTTP", async () => {
  await offered(async (stage) => {
    const { device, id, image, checksum } = stage;
    const parts = [[0, 65_536], [65_536, 65_536], [131_072, 131_072], [262_144, 65_536]];
    await device.say("chunk/request", { task_id: id, parts });
    for (const [start, length] of parts as [number, number][]) {
      const bytes = await part(device, id, start);
      assert.deepEqual(bytes, image.slice(start, start + length));
    }
    assert.equal((await stage.task(id)).state, "downloading");
    await device.say("verify", { task_id: id, checksum: checksumOf(image) });
    await device.hears("success");
    const { body } = await stage.ask("GET", `/tasks/${id}/transfer`);
    assert.deepEqual(
      body.attempts.map(({ bytes, requests, repeated }: Record<string, number>) => ({
        bytes,
        requests,
        repeated,
      })),
      [{ bytes: SIZE, requests: 4, repeated: 0 }],
    );
    const rows = await stage.rows("pump-7");
    const verified = rows.find(({ type }) => type === "DigestReported")!;
    assert.deepEqual(verified.outcome.moves.map((move) => ({ ...move })), [
      { attempt: 1, fetched: SIZE, from: "downloading", task: id, to: "succeeded" },
    ]);
    assert.equal(checksum, checksumOf(image));
  });
});
