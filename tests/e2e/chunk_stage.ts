/** A device with an offer that it has heard, and the bytes of its image by MQTT. */
import assert from "node:assert/strict";
import { inHouse, randomImage } from "./house.ts";
import type { Stage } from "./house.ts";
import { RawDevice } from "./raw_device.ts";
import { CONNACK, WireDevice } from "./wire_device.ts";
import type { Told } from "./wire_device.ts";

/** Five chunks of 64 KiB, the last one shorter. */
export const SIZE = 300_000;
export const CHUNK = 65_536;

export interface Scene extends Stage {
  readonly device: RawDevice;
  readonly token: string;
  readonly image: Uint8Array<ArrayBuffer>;
  readonly checksum: string;
  /** The task. */
  readonly id: string;
}

/** Runs the story; `more` changes the order. */
export async function offered(story: (scene: Scene) => Promise<void>, more = {}): Promise<void> {
  await inHouse(async (stage) => {
    const token = await stage.register("pump-7");
    const image = randomImage(SIZE);
    const checksum = await stage.upload("2.0.0", image);
    const id = await stage.order("pump-7", "2.0.0", checksum, { chunk_size: 64, ...more });
    await using device = await RawDevice.connect(stage.house.mqttUrl, "pump-7", token);
    await device.hears("metadata");
    await story(Object.assign(stage, { device, token, image, checksum, id }));
  });
}

/** All parts of the image from a byte on, of so many bytes each. */
export function partsFrom(from: number, length = CHUNK, size = SIZE): [number, number][] {
  const count = Math.ceil((size - from) / length);
  return Array.from({ length: count }, (_, n) => [from + n * length, length]);
}

/** What it hears of the part at that offset, which must be so many bytes of the image. */
export async function hearsPart(
  { device, id, image }: Pick<Scene, "device" | "id" | "image">,
  [start, length]: readonly [number, number],
): Promise<void> {
  const { payload, qos } = await device.hears(`chunk/${id}/${start}`);
  assert.equal(qos, 1);
  assert.ok(Buffer.from(image.subarray(start, start + length)).equals(payload), `from ${start}`);
}

/** What the transfer record says of each attempt. */
export async function transfersOf(stage: Stage, id: string): Promise<Record<string, number>[]> {
  const { body } = await stage.ask("GET", `/tasks/${id}/transfer`);
  return body.attempts.map(({ bytes, requests, repeated, cuts }: Record<string, number>) => ({
    bytes,
    requests,
    repeated,
    cuts,
  }));
}

/** The next message that is not the offer once more: it is not confirmed at once. */
export async function nextOf(device: WireDevice): Promise<Told> {
  const told = await device.nextTold();
  return told.topic.endsWith("/metadata") ? await nextOf(device) : told;
}

/** A further connection of the device, which confirms what it is told to. */
export async function wired({ house, token }: Scene, qos: 0 | 1 = 1): Promise<WireDevice> {
  const login = { url: house.mqttUrl, id: "pump-7", token, clientId: "pump-7/2" };
  const device = await WireDevice.open(login);
  await device.next(CONNACK);
  assert.equal(await device.subscribe("/ota/pump-7/chunk/+/+", qos), qos);
  assert.equal(await device.subscribe("/ota/pump-7/+", qos), qos);
  return device;
}
