/** The virtual device and its faults against a whole engine. */
import assert from "node:assert/strict";
import { connect, createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { VirtualDevice } from "../../adapters/device/mod.ts";
import type { DeviceEnd, DeviceEvent, DeviceOptions } from "../../adapters/device/mod.ts";
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

Deno.test("a device that lost its connections in mid-chunk resumes at that very byte", async () => {
  await inHouse(async (stage) => {
    const cutAt = SIZE / 2 + 7;
    const { end, rows, stored, checksum } = await upgrade(stage, { cutAt });
    assert.equal(end.outcome, "succeeded");
    assert.equal(stored, checksum);
    assert.equal(end.stats.cuts, 1);
    // No byte twice: it went on where it was, and no attempt was spent.
    assert.equal(end.stats.bytesFetched, SIZE);
    assert.equal(end.stats.requests, CHUNKS + 1);
    assert.deepEqual(end.stats.chunks, all);
    assert.equal(end.stats.attempts, 1);
    const resumed = only(rows, "UpdateRequested").map(({ data }) => data.resume_from);
    assert.deepEqual(resumed, [undefined, cutAt]);
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

Deno.test("with completion booted, a device reboots and says that the new version runs", async () => {
  await inHouse(async (stage) => {
    const events: DeviceEvent[] = [];
    const onEvent = (event: DeviceEvent) => void events.push(event);
    const { end, rows } = await upgrade(stage, { onEvent }, { completion: "booted" });
    assert.equal(end.outcome, "succeeded");
    // It came back by a connection of its own, and went on with the attempt that it had begun.
    assert.equal(details(events, "connected").length, 2);
    assert.equal(end.stats.attempts, 1);
    const states = rows.flatMap(({ outcome }) => outcome.moves.map(({ to }) => to));
    assert.deepEqual(states, [
      "queued",
      "offered",
      "downloading",
      "verifying",
      "awaiting_install",
      "installing",
      "rebooting",
      "confirming",
      "succeeded",
    ]);
  });
});

Deno.test("with completion reported, a device checks by itself and sends no digest", async () => {
  await inHouse(async (stage) => {
    const { end, rows } = await upgrade(stage, {}, { completion: "reported" });
    assert.equal(end.outcome, "succeeded");
    assert.deepEqual(only(rows, "DigestReported"), []);
    assert.deepEqual(only(rows, "StatusReported").map(({ data }) => data.status), [
      "installing",
      "rebooting",
      "booted",
    ]);
  });
});

Deno.test("with completion seen, a device only asks again after its reboot", async () => {
  await inHouse(async (stage) => {
    const { end, rows } = await upgrade(stage, {}, { completion: "seen" });
    assert.equal(end.outcome, "succeeded");
    assert.deepEqual(only(rows, "StatusReported"), []);
    const said = only(rows, "UpdateRequested").map(({ data }) => data.current_version);
    assert.deepEqual(said, ["1.0.0", "2.0.0"]);
  });
});

Deno.test("with completion reported, a chunk that is bad is fetched again before the reboot", async () => {
  await inHouse(async (stage) => {
    const order = { completion: "reported" };
    const { end, rows } = await upgrade(stage, { corruptChunk: 7 }, order);
    assert.equal(end.outcome, "succeeded");
    assert.deepEqual(only(rows, "ChunkFailed").map(({ data }) => data.bad_chunks), [[7]]);
    assert.deepEqual(end.stats.chunks, [...all, 7]);
  });
});

Deno.test("a device has the chunk size it asked for from its first byte on", async () => {
  await inHouse(async (stage) => {
    const { end, stored, checksum } = await upgrade(stage, { chunkBytes: 4_096 });
    assert.equal(stored, checksum);
    const chunks = Math.ceil(SIZE / 4_096);
    assert.deepEqual(end.stats.chunks, Array.from({ length: chunks }, (_, index) => index));
    assert.equal(end.stats.bytesFetched, SIZE);
    assert.equal(end.stats.requests, chunks);
  });
});

Deno.test("a device that waits for an upgrade has its chunk size, too", async () => {
  await inHouse(async (stage) => {
    const token = await stage.register("pump-7");
    const checksum = await stage.upload("2.0.0", randomImage(SIZE));
    const { run, until } = start(stage, token, { chunkBytes: 32_768 });
    await soon(until("waiting"), "waiting for an upgrade");
    await stage.order("pump-7", "2.0.0", checksum, { chunk_size: CHUNK / 1024 });
    const { stats } = await soon(run, "the end of the upgrade");
    assert.deepEqual(stats.chunks, [0, 1, 2, 3, 4, 5, 6, 7]);
  });
});

Deno.test("a device whose chunk size is not allowed says so and takes what is offered", async () => {
  await inHouse(async (stage) => {
    const events: DeviceEvent[] = [];
    const onEvent = (event: DeviceEvent) => void events.push(event);
    const { end } = await upgrade(stage, { chunkBytes: 1_000, onEvent });
    assert.equal(end.outcome, "succeeded");
    assert.deepEqual(end.stats.chunks, all);
    assert.match(details(events, "ignored").join(), /^The engine does not take chunks of 1000 B/);
  });
});

Deno.test("with another chunk size in mid-task a device goes on at its byte", async () => {
  await inHouse(async (stage) => {
    const token = await stage.register("pump-7");
    const checksum = await stage.upload("2.0.0", randomImage(SIZE));
    await stage.order("pump-7", "2.0.0", checksum, { chunk_size: CHUNK / 1024 });
    const stop = new AbortController();
    const first = start(stage, token, { cutAt: 100_000 }, stop.signal);
    await soon(Promise.race([first.until("cut"), first.run]), "the cut");
    stop.abort(new Error("Switched off"));
    await assert.rejects(soon(first.run, "the end of the first run"), /^Error: Switched off$/);
    const { stats } = await soon(start(stage, token, { chunkBytes: 4_096 }).run, "the upgrade");
    assert.equal(first.device.stats.bytesFetched, 100_000);
    assert.equal(stats.bytesFetched, SIZE - 100_000);
    const [from, to] = [Math.floor(100_000 / 4_096), Math.ceil(SIZE / 4_096)];
    assert.deepEqual(stats.chunks, Array.from({ length: to - from }, (_, index) => from + index));
    assert.equal((await stage.task((await stage.rows("pump-7")).at(-1)!.task!)).attempt, 1);
  });
});

Deno.test("a corrupt chunk beyond the image is said to be ignored, once", async () => {
  await inHouse(async (stage) => {
    const events: DeviceEvent[] = [];
    const onEvent = (event: DeviceEvent) => void events.push(event);
    const { end } = await upgrade(stage, { corruptChunk: 99, cutAt: SIZE / 2, onEvent });
    assert.equal(end.outcome, "succeeded");
    assert.deepEqual(details(events, "ignored"), [
      `There is no chunk 99 to store wrongly: the image has ${CHUNKS} chunks, from 0 to ${
        CHUNKS - 1
      }.`,
    ]);
  });
});

Deno.test("a wrong token ends the run with one sentence", async () => {
  await inHouse(async (stage) => {
    await stage.register("pump-7");
    const { run } = start(stage, "wrong", {});
    await assert.rejects(soon(run, "the refusal"), refusal(stage));
  });
});

Deno.test("a device that is revoked in mid-download ends with one sentence", async () => {
  await inHouse(async (stage) => {
    const token = await stage.register("pump-7");
    const checksum = await stage.upload("2.0.0", randomImage(4_000_000));
    await stage.order("pump-7", "2.0.0", checksum, { chunk_size: 1 });
    const { run, until } = start(stage, token, {});
    await soon(Promise.race([until("stored"), run]), "the first chunk");
    assert.equal((await stage.ask("DELETE", "/devices/pump-7")).status, 204);
    await assert.rejects(soon(run, "the refusal"), refusal(stage));
  });
});

Deno.test("a device says that it cannot connect, once, and goes on trying", async () => {
  await inHouse(async (stage) => {
    const token = await stage.register("pump-7");
    const { port } = new URL(stage.house.mqttUrl);
    // A host that answers only after the device has knocked in vain several times.
    const door = createServer();
    await new Promise<void>((resolve) => door.listen(0, "127.0.0.1", resolve));
    const at = (door.address() as AddressInfo).port;
    await new Promise<void>((resolve) => door.close(() => resolve()));
    const { events, until, run, stop } = start(stage, token, { mqttUrl: `mqtt://127.0.0.1:${at}` });
    await soon(Promise.race([until("unreachable"), run]), "unreachable");
    const open = createServer((socket) => {
      const onward = connect(Number(port), "127.0.0.1");
      socket.pipe(onward).pipe(socket);
      for (const end of [socket, onward]) end.on("error", () => {});
      socket.on("close", () => onward.destroy());
    });
    await new Promise<void>((resolve) => open.listen(at, "127.0.0.1", resolve));
    await soon(Promise.race([until("waiting"), run]), "waiting for an upgrade");
    stop();
    await assert.rejects(run);
    await new Promise<void>((resolve) => open.close(() => resolve()));
    const states = events.flatMap((event) => event.type === "state" ? [event.state] : []);
    assert.deepEqual(states, ["connecting", "unreachable", "connected", "waiting"]);
    assert.deepEqual(details(events, "connecting"), [`to 127.0.0.1:${at}`]);
    assert.match(
      details(events, "unreachable")[0]!,
      /: nothing listens there\. It goes on trying\.$/,
    );
    assert.deepEqual(details(events, "waiting"), ["for an upgrade"]);
  });
});

function refusal({ house }: Stage): (error: unknown) => boolean {
  const { host } = new URL(house.mqttUrl);
  const sentence = `The broker at ${host} refused device pump-7: ` +
    "the token is wrong or the device was revoked. ";
  return (error) => error instanceof Error && error.message.startsWith(sentence);
}

function details(events: readonly DeviceEvent[], state: string): (string | undefined)[] {
  return events.flatMap((event) =>
    event.type === "state" && event.state === state ? [event.detail] : []
  );
}

/** A device at work; `until` resolves at its first event of that name. */
function start(
  stage: Stage,
  token: string,
  more: Partial<DeviceOptions>,
  signal?: AbortSignal,
) {
  const events: DeviceEvent[] = [];
  const waiting = new Map<string, () => void>();
  const off = new AbortController();
  const device = new VirtualDevice({
    id: "pump-7",
    token,
    mqttUrl: stage.house.mqttUrl,
    folder: `${stage.folder}/device`,
    version: "1.0.0",
    onEvent: (event) => {
      events.push(event);
      waiting.get(event.type === "state" ? event.state : event.type)?.();
    },
    ...more,
  });
  const until = (name: string) => new Promise<void>((resolve) => waiting.set(name, resolve));
  const run = device.run(signal ?? off.signal);
  run.catch(() => {});
  return { device, events, until, run, stop: () => off.abort(new Error("Switched off")) };
}
