/** A virtual device and a whole engine where only some ways are open: MQTT alone, HTTP alone, either. */
import assert from "node:assert/strict";
import { createServer } from "node:net";
import type { AddressInfo, Socket } from "node:net";
import { VirtualDevice } from "../../adapters/device/mod.ts";
import type { DeviceEnd, DeviceEvent, DeviceOptions } from "../../adapters/device/mod.ts";
import { inFolder } from "../support/folder.ts";
import { freePort } from "../support/free_port.ts";
import { ignoresMosquitto, Mosquitto } from "../support/mosquitto.ts";
import { brokerAt, OPEN } from "./broker_house.ts";
import { checksumOf, inHouse, randomImage, soon } from "./house.ts";
import type { Row, Stage } from "./house.ts";

const SIZE = 600_000;
const CHUNK = 16_384;

interface Told {
  readonly end: DeviceEnd;
  readonly rows: readonly Row[];
  readonly events: readonly DeviceEvent[];
}

async function upgrade(stage: Stage, more: Partial<DeviceOptions>, order = {}): Promise<Told> {
  const token = await stage.register("pump-7");
  const checksum = await stage.upload("2.0.0", randomImage(SIZE));
  await stage.order("pump-7", "2.0.0", checksum, { chunk_size: CHUNK / 1024, ...order });
  const events: DeviceEvent[] = [];
  const { mqttUrl, httpUrl } = stage.house;
  const device = new VirtualDevice({
    ...{ id: "pump-7", token, mqttUrl, httpUrl, version: "1.0.0" },
    folder: `${stage.folder}/device`,
    onEvent: (event) => void events.push(event),
    ...more,
  });
  const end = await soon(device.run(), "the end of the upgrade", 40_000);
  assert.equal(end.outcome, "succeeded");
  const stored = checksumOf(await Deno.readFile(`${stage.folder}/device/pump-7.bin`));
  assert.equal(stored, checksum);
  return { end, rows: await stage.rows("pump-7"), events };
}

/** A port that takes connections and says nothing, for so long as the story takes. */
async function besideSilence(story: (port: number) => Promise<void>): Promise<void> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  try {
    await story((server.address() as AddressInfo).port);
  } finally {
    for (const socket of sockets) socket.destroy();
    await new Promise<void>((resolve) => server.close(() => resolve()));
  }
}

/** A port where nobody listens. */
const besideNobody = async (story: (port: number) => Promise<void>) => story(await freePort());

/** Nothing but MQTT: a device that asked over HTTP would not end. */
const onlyMqtt = { transport: "mqtt", httpUrl: undefined } as const;

/** A whole engine that says of its bytes that they are at that port. */
async function withBytesAt(port: number, story: (stage: Stage) => Promise<void>): Promise<void> {
  const http = { host: "127.0.0.1", port: await freePort() };
  await inHouse(story, { http, publicUrl: `http://127.0.0.1:${port}` });
}

const total = Math.ceil(SIZE / CHUNK);
const alone: [what: string, faults: Partial<DeviceOptions>, order: object, twice: number][] = [
  ["a device succeeds", {}, {}, 0],
  ["a device boots the new image", {}, { completion: "booted" }, 0],
  ["a device names the bad chunk and fetches it again", { corruptChunk: 7 }, {}, CHUNK],
  ["a device that loses its connection goes on", { cutAt: 300_001 }, {}, CHUNK],
  ["a device that loses power goes on", { restartAt: 300_001 }, {}, CHUNK],
];

for (const [what, faults, order, twice] of alone) {
  Deno.test(`over MQTT alone ${what} (${JSON.stringify(order)})`, async () => {
    await besideNobody((port) =>
      withBytesAt(port, async (stage) => {
        const { end, rows } = await upgrade(stage, { ...onlyMqtt, ...faults }, order);
        const { bytesFetched, bytesOverMqtt, switches, chunks } = end.stats;
        assert.equal(bytesOverMqtt, bytesFetched);
        assert.ok(bytesFetched >= SIZE && bytesFetched <= SIZE + twice, `${bytesFetched}`);
        assert.equal(switches, 0);
        assert.equal(new Set(chunks).size, total);
        const asked = rows.find(({ type }) => type === "UpdateRequested");
        assert.equal(asked?.data.transport, "mqtt");
      })
    );
  });
}

Deno.test({
  name: "over MQTT alone a device succeeds behind Mosquitto",
  ignore: ignoresMosquitto,
  fn: () =>
    inFolder(async (folder) => {
      await using broker = await Mosquitto.withSettings(folder, OPEN);
      await inHouse(async (stage) => {
        await soon(stage.house.ready, "ready");
        const { end } = await upgrade(stage, { ...onlyMqtt, corruptChunk: 7 });
        const { bytesFetched, bytesOverMqtt, repeated } = end.stats;
        assert.deepEqual([bytesFetched, bytesOverMqtt], [SIZE + CHUNK, SIZE + CHUNK]);
        assert.equal(repeated, 0);
      }, { broker: brokerAt(broker.ports[0]!) });
    }),
});

const blocked = [["refuses", besideNobody], ["says nothing", besideSilence]] as const;

for (const [what, beside] of blocked) {
  Deno.test(`where HTTP ${what} a device fetches over MQTT`, async () => {
    await beside((port) =>
      withBytesAt(port, async (stage) => {
        const { end, events } = await upgrade(stage, {});
        const { bytesFetched, bytesOverMqtt, repeated, attempts } = end.stats;
        assert.deepEqual([bytesFetched, bytesOverMqtt, repeated, attempts], [SIZE, SIZE, 0, 1]);
        assert.ok(events.some((event) => event.type === "switch" && event.transport === "mqtt"));
      })
    );
  });

  Deno.test(`where MQTT ${what} a device reports and fetches over HTTP`, async () => {
    await beside((port) =>
      inHouse(async (stage) => {
        const { end } = await upgrade(stage, { mqttUrl: `mqtt://127.0.0.1:${port}` });
        const { bytesFetched, bytesOverMqtt, attempts } = end.stats;
        assert.deepEqual([bytesFetched, bytesOverMqtt, attempts], [SIZE, 0, 1]);
      })
    );
  });
}

/** Parts that have come when the urgent task is ordered. */
for (const parts of [0, 1, 2, 3, 5, 8, 13, 21]) {
  Deno.test(`over MQTT a task makes way for an urgent one after ${parts} parts, and nothing mixes`, async () => {
    await inHouse(async (stage) => {
      const urgent = await stage.upload("1.5.0", randomImage(SIZE));
      let [count, ordered] = [0, Promise.resolve("")];
      const order = { chunk_size: CHUNK / 1024, priority: "security" };
      const onEvent = (event: DeviceEvent) => {
        const isNow = event.type === "stored" || event.type === "state" && parts === 0;
        if (isNow && count++ === parts) ordered = stage.order("pump-7", "1.5.0", urgent, order);
      };
      const { end, rows } = await upgrade(stage, { ...onlyMqtt, onEvent });
      const first = await ordered;
      const digests = rows.filter(({ type }) => type === "DigestReported");
      assert.deepEqual(digests.map(({ task, data }) => [task, data.checksum === urgent]), [
        [first, true],
        [end.taskId, false],
      ]);
      assert.ok(rows.every(({ type }) => type !== "ChunkFailed"));
      assert.notEqual(end.taskId, first);
    });
  });
}
