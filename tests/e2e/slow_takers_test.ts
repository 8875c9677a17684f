/** Two hundred devices that ask for all of an image over MQTT and read nothing of it, from a real process. */
import assert from "node:assert/strict";
import { CHUNK_WINDOW_BYTES } from "../../core/mod.ts";
import { Rss } from "../bench/rss.ts";
import { partsFrom } from "./chunk_stage.ts";
import { Operator, randomImage, soon } from "./house.ts";
import { RawDevice } from "./raw_device.ts";
import { Serve, TOKEN } from "./serve.ts";
import { CONNACK, PUBACK, WireDevice } from "./wire_device.ts";

const DEVICES = 200;
const SIZE = 8 * 1_048_576;
const PART = 131_072;
const parts = partsFrom(0, PART, SIZE);
/** Code that is made ready for its work, once and for all of them. */
const WARM_MIB = 100;
/** They come so often; what would stay of each time is a window for each of them. */
const ROUNDS = 5;
/** What the runtime keeps for later, and gives back when it likes. */
const SLACK_MIB = 150;

const numbered = (name: string, count: number) =>
  Array.from({ length: count }, (_, n) => `${name}-${n}`);

interface Login {
  readonly id: string;
  readonly token: string;
  readonly task: string;
}

/** Makes devices that were offered the image. */
async function devices(operator: Operator, checksum: string, names: string[]): Promise<Login[]> {
  return await Promise.all(names.map(async (id) => {
    const token = await operator.register(id);
    return { id, token, task: await operator.order(id, "2.0.0", checksum, { chunk_size: 128 }) };
  }));
}

/** Asks for everything, and reads nothing from then on. */
async function ask(url: string, { id, token, task }: Login): Promise<WireDevice> {
  const device = await WireDevice.open({ url, id, token });
  await device.next(CONNACK);
  await device.subscribe(`/ota/${id}/#`);
  device.confirms = false;
  for (const packet of [1, 2]) {
    const asked = parts.slice(32 * (packet - 1), 32 * packet);
    device.send(device.report("chunk/request", { task_id: task, parts: asked }, { packet }));
    await device.acknowledged(PUBACK, packet);
  }
  device.regulate(false);
  return device;
}

/** Fetches the whole image; how long that took, in milliseconds. */
async function fetchAll(url: string, { id, token, task }: Login): Promise<number> {
  await using device = await RawDevice.connect(url, id, token);
  await device.hears("metadata");
  const started = performance.now();
  for (let from = 0; from < parts.length; from += 8) {
    const asked = parts.slice(from, from + 8);
    await device.say("chunk/request", { task_id: task, parts: asked });
    for (const [start] of asked) {
      const { payload } = await device.hears(`chunk/${task}/${start}`);
      assert.equal(payload.length, PART);
    }
  }
  return performance.now() - started;
}

Deno.test("two hundred devices that take nothing cost no more than their windows, and hold nobody up", async () => {
  const data = await Deno.makeTempDir();
  try {
    await using serve = new Serve([
      "--data",
      data,
      "--http",
      "127.0.0.1:0",
      "--mqtt",
      "127.0.0.1:0",
    ]);
    const [, http, mqtt] = /http=(\S+) mqtt=(\S+)/.exec(await soon(serve.ready, "ready"))!;
    const operator = new Operator(() => http!, () => TOKEN);
    const checksum = await operator.upload("2.0.0", randomImage(SIZE));
    const slow = await devices(operator, checksum, numbered("slow", DEVICES));
    const honest = await devices(operator, checksum, numbered("quick", ROUNDS + 1));
    const alone = await fetchAll(mqtt!, honest[0]!);
    const rss = new Rss(serve.pid);
    const restMib = await rss.atRest();
    const mib: number[] = [];
    const waits: number[] = [];
    for (const quick of honest.slice(1)) {
      rss.forgetPeak();
      const taking = await Promise.all(slow.map((login) => ask(mqtt!, login)));
      waits.push(await fetchAll(mqtt!, quick));
      mib.push(rss.peak());
      // They go without a word, and come back.
      await Promise.all(taking.map((device) => device.cut()));
    }
    const windowsMib = DEVICES * CHUNK_WINDOW_BYTES / 1_048_576;
    const list = (figures: number[]) => figures.map((figure) => figure.toFixed(0)).join(", ");
    const figures = `${list([restMib])} MiB at rest, at most ${list(mib)}; the quick one needed ` +
      `${list([alone])} ms alone, ${list(waits)} ms beside them`;
    console.log(figures);
    assert.ok(mib[0]! <= restMib + WARM_MIB + windowsMib, figures);
    assert.ok(mib.at(-1)! <= mib[0]! + SLACK_MIB, `what is lost is let go: ${figures}`);
    for (const ms of waits) assert.ok(ms <= Math.max(2_000, 10 * alone), figures);
  } finally {
    await Deno.remove(data, { recursive: true });
  }
});
