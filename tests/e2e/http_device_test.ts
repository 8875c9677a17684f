/** A virtual device over HTTP alone, and one that changes its transport in mid-task. */
import assert from "node:assert/strict";
import { VirtualDevice } from "../../adapters/device/mod.ts";
import type { DeviceEnd, DeviceEvent, DeviceOptions } from "../../adapters/device/mod.ts";
import { checksumOf, inHouse, randomImage, soon } from "./house.ts";
import type { Row, Stage } from "./house.ts";

const SIZE = 260_000;

/** Nothing listens there: a device that tried MQTT would not end. */
const NO_BROKER = "mqtt://127.0.0.1:1";

interface Told {
  readonly end: DeviceEnd;
  readonly rows: Row[];
  /** Where it connected to, in order. */
  readonly hosts: readonly unknown[];
}

async function upgrade(stage: Stage, more: Partial<DeviceOptions>, order = {}): Promise<Told> {
  const token = await stage.register("pump-7");
  const checksum = await stage.upload("2.0.0", randomImage(SIZE));
  await stage.order("pump-7", "2.0.0", checksum, { chunk_size: 16, ...order });
  const events: DeviceEvent[] = [];
  const end = await soon(device(stage, token, more, events).run(), "the end of the upgrade");
  const stored = checksumOf(await Deno.readFile(`${stage.folder}/device/pump-7.bin`));
  if (end.outcome === "succeeded") assert.equal(stored, checksum);
  const hosts = events.flatMap((event) =>
    event.type === "state" && event.state === "connecting" ? [event.detail] : []
  );
  return { end, rows: await stage.rows("pump-7"), hosts };
}

function device(
  { house, folder }: Stage,
  token: string,
  more: Partial<DeviceOptions>,
  events: DeviceEvent[] = [],
): VirtualDevice {
  return new VirtualDevice({
    id: "pump-7",
    token,
    mqttUrl: NO_BROKER,
    httpUrl: house.httpUrl,
    transport: "http",
    folder: `${folder}/device`,
    version: "1.0.0",
    onEvent: (event) => void events.push(event),
    ...more,
  });
}

for (const completion of ["verified", "booted", "reported", "seen"]) {
  Deno.test(`over HTTP alone a device succeeds with completion ${completion}`, async () => {
    await inHouse(async (stage) => {
      const { end, rows } = await upgrade(stage, {}, { completion });
      assert.deepEqual([end.outcome, end.stats.bytesFetched], ["succeeded", SIZE]);
      // What it handled it deleted: nothing is owed to it any more.
      const { task_id } = (await stage.ask("GET", "/tasks")).body.items[0];
      const delivered = rows.filter(({ type }) => type === "MessageDelivered");
      assert.ok(delivered.some(({ task, data }) => task === task_id && data.kind === "success"));
      assert.equal((await stage.ask("GET", "/devices/pump-7")).body.version, "2.0.0");
    });
  });
}

Deno.test("over HTTP alone a device that waits is told of an order by its long poll", async () => {
  await inHouse(async (stage) => {
    const token = await stage.register("pump-7");
    const checksum = await stage.upload("2.0.0", randomImage(SIZE));
    const { promise: waiting, resolve } = Promise.withResolvers<void>();
    const onEvent = (event: DeviceEvent) => {
      if (event.type === "state" && event.state === "waiting") resolve();
    };
    const run = device(stage, token, { onEvent }).run();
    await soon(waiting, "waiting for an upgrade");
    await stage.order("pump-7", "2.0.0", checksum);
    const { outcome } = await soon(run, "the end of the upgrade");
    assert.equal(outcome, "succeeded");
  });
});

Deno.test("over HTTP alone a spoiled chunk is fetched again, and a lost connection resumed", async () => {
  await inHouse(async (stage) => {
    const { end } = await upgrade(stage, { corruptChunk: 3, cutAt: SIZE / 2 + 7 });
    assert.equal(end.outcome, "succeeded");
    assert.deepEqual([end.stats.cuts, end.stats.attempts], [1, 2]);
    assert.equal(end.stats.bytesFetched, SIZE + 16_384);
  });
});

for (const transport of ["mqtt", "http"] as const) {
  Deno.test(`a device that begins over ${transport} goes on over the other at its byte`, async () => {
    await inHouse(async (stage) => {
      const more = { transport, mqttUrl: stage.house.mqttUrl, switchAt: 100_000 };
      const { end, hosts, rows } = await upgrade(stage, more);
      assert.deepEqual([end.outcome, end.stats.attempts], ["succeeded", 1]);
      assert.equal(end.stats.bytesFetched, SIZE);
      const { mqttUrl, httpUrl } = stage.house;
      const ways = transport === "mqtt" ? [mqttUrl, httpUrl] : [httpUrl, mqttUrl];
      assert.deepEqual(hosts, ways.map((url) => `to ${new URL(url).host}`));
      const resumed = rows.filter(({ type }) => type === "UpdateRequested")
        .map(({ data }) => data.resume_from);
      assert.ok(resumed.includes(100_000), JSON.stringify(resumed));
    });
  });
}

Deno.test("over HTTP alone a device that boots the old image ends rolled back", async () => {
  await inHouse(async (stage) => {
    const { end } = await upgrade(stage, { afterReboot: "old-version" }, { completion: "booted" });
    assert.deepEqual([end.outcome, end.reason], ["failed", "other_version"]);
  });
});

Deno.test("over HTTP alone a wrong token ends the run with one sentence", async () => {
  await inHouse(async (stage) => {
    await stage.register("pump-7");
    const run = device(stage, "wrong", {}).run();
    const { host } = new URL(stage.house.httpUrl);
    await assert.rejects(
      soon(run, "the refusal"),
      (error) =>
        error instanceof Error &&
        error.message.startsWith(`The engine at ${host} refused device pump-7: the token is wrong`),
    );
  });
});
