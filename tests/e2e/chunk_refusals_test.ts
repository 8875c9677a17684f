/** Which asks for bytes are refused, and with which word. */
import assert from "node:assert/strict";
import { CHUNK, hearsPart, offered, partsFrom, SIZE } from "./chunk_stage.ts";
import type { Scene } from "./chunk_stage.ts";
import { randomImage } from "./house.ts";
import { RawDevice } from "./raw_device.ts";
import { WireDevice } from "./wire_device.ts";

const part = { offset: 0, length: 256 };
const digests = { from: 0, count: 1 };

/** Asks, and the code of the refusal; the story before it may change things. */
const refusals: [
  what: string,
  story: (scene: Scene) => Promise<[kind: string, payload: unknown]>,
  code: string,
  state?: string,
][] = [
  ["no object", () => Promise.resolve(["chunk/request", "7"]), "malformed", "offered"],
  [
    "a part and parts",
    () => Promise.resolve(["chunk/request", { ...part, parts: [[0, 256]] }]),
    "malformed",
    "offered",
  ],
  ["no count", () => Promise.resolve(["chunks/request", { from: 0 }]), "malformed", "offered"],
  [
    "a start at the end",
    () => Promise.resolve(["chunk/request", { offset: SIZE, length: 256 }]),
    "out_of_range",
    "offered",
  ],
  [
    "255 bytes",
    () => Promise.resolve(["chunk/request", { offset: 0, length: 255 }]),
    "out_of_range",
    "offered",
  ],
  [
    "too many bytes",
    () => Promise.resolve(["chunk/request", { offset: 0, length: 131_073 }]),
    "out_of_range",
    "offered",
  ],
  [
    "33 parts",
    () => Promise.resolve(["chunk/request", { parts: partsFrom(0, 256).slice(0, 33) }]),
    "out_of_range",
    "offered",
  ],
  [
    "a chunk that is none",
    () => Promise.resolve(["chunks/request", { from: 5, count: 1 }]),
    "out_of_range",
    "offered",
  ],
  [
    "257 digests",
    () => Promise.resolve(["chunks/request", { from: 0, count: 257 }]),
    "out_of_range",
    "offered",
  ],
  [
    "a task of nobody",
    () => Promise.resolve(["chunk/request", { ...part, task_id: "OTA_20230801_999" }]),
    "unknown_task",
    "offered",
  ],
  [
    "the task of another device",
    async (stage) => {
      await stage.register("pump-8");
      const id = await stage.order("pump-8", "2.0.0", stage.checksum);
      return ["chunks/request", { ...digests, task_id: id }];
    },
    "unknown_task",
    "offered",
  ],
  [
    "a task that has ended",
    async ({ device, id, checksum }) => {
      await device.say("verify", { task_id: id, checksum });
      await device.hears("success");
      return ["chunk/request", { ...part, task_id: id }];
    },
    "ended",
    "succeeded",
  ],
  ["no task", async ({ device, id, checksum }) => {
    await device.say("verify", { task_id: id, checksum });
    await device.hears("success");
    return ["chunk/request", part];
  }, "no_task"],
  [
    "a task that waits",
    async (stage) => {
      const { device, id } = stage;
      const urgent = await stage.upload("3.0.0", randomImage(256));
      await stage.order("pump-7", "3.0.0", urgent, { priority: "security" });
      // Of two that leave side by side the one with QoS 2 may be the later.
      const heard = [await device.next(), await device.next()].map(({ topic }) =>
        topic.split("/")[3]
      );
      assert.deepEqual(heard.sort(), ["cancel", "metadata"]);
      return ["chunks/request", { ...digests, task_id: id }];
    },
    "wrong_phase",
    "queued",
  ],
];

for (const [what, story, code, state] of refusals) {
  Deno.test(`an ask for ${what} is refused as ${code}`, async () => {
    await offered(async (stage) => {
      const { device } = stage;
      const [kind, payload] = await story(stage);
      await device.say(kind, payload);
      const { payload: rejected, qos } = await device.hears("rejected");
      assert.deepEqual([rejected.code, rejected.state, qos], [code, state, 1]);
      assert.ok(rejected.reason.length > 10);
      const refused = (await stage.rows("pump-7")).filter(({ type }) => type === "ReportRejected");
      assert.deepEqual(refused.map(({ data }) => data), [{ code, report: kind, left_out: 0 }]);
      assert.deepEqual(device.unheard, []);
    });
  });
}

Deno.test("an ask of a device that hears no chunks is refused as not_allowed, each time it asks", async () => {
  await offered(async ({ device, token, id, house, image }) => {
    await device[Symbol.asyncDispose]();
    await using deaf = await RawDevice.connect(house.mqttUrl, "pump-7", token, ["+"]);
    for (let n = 0; n < 3; n++) {
      await deaf.say("chunk/request", { task_id: id, parts: partsFrom(0) });
      const { payload } = await deaf.hears("rejected");
      assert.deepEqual([payload.code, payload.task_id], ["not_allowed", id]);
      assert.match(payload.reason, /Subscribe to it/);
    }
    // Digests are a message as any other.
    await deaf.say("chunks/request", { from: 0, count: 5 });
    assert.equal((await deaf.hears("chunks")).payload.chunks.length, 5);
    await using other = await RawDevice.connect(`${house.mqttUrl}`, "pump-7", token, ["chunk/#"]);
    await other.say("chunk/request", { task_id: id, offset: 0, length: CHUNK });
    await hearsPart({ device: other, id, image }, [0, CHUNK]);
  });
});

Deno.test("an ask over 64 KiB ends the connection, as any payload does", async () => {
  await offered(async ({ token, house }) => {
    const login = { url: house.mqttUrl, id: "pump-7", token, clientId: "pump-7/2" };
    await using device = await WireDevice.open(login);
    await device.next(2);
    device.send(device.report("chunk/request", " ".repeat(65_537), { packet: 1 }));
    assert.equal(await device.lastWord(), undefined);
  });
});
