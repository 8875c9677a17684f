/** What is observed of a device that fetches leads to a recommendation, which is on record (PROTOCOL §1). */
import assert from "node:assert/strict";
import type { Device, Message, Metadata, Task, TransportPayload } from "../../core/mod.ts";
import { NetworkWatch } from "../../core/engine/network_watch.ts";
import { bench, ManualClock, settle } from "./support/bench_engine.ts";
import type { FactData } from "../../core/log/mod.ts";
import type { Bench } from "./support/bench_engine.ts";
import { IMAGE, SIZE } from "./support/given.ts";
import { assertReplays, listen, order, PUMP, rowsOf, says } from "./support/stories.ts";

const SECOND = 1_000;

interface Scene {
  readonly b: Bench;
  readonly id: string;
  /** The device asks for bytes over HTTP, and is handed so many at once. */
  ranges(from: number, sent?: number, state?: "complete" | "cut", to?: number): Promise<void>;
  /** What was recommended since this was last asked, as `transport reason`. */
  told(): string[];
}

async function downloading(more: { transport?: "http" | "mqtt" } = {}): Promise<Scene> {
  const b = await bench();
  const id = await order(b);
  await listen(b);
  await says(b, ["request", more]);
  let connection = 0;
  const ranges: Scene["ranges"] = async (from, sent = 1_000, state = "complete", to = SIZE) => {
    const range = { from, to, sent, sentAt: b.engine.now(), state, connection: ++connection };
    const sha256 = IMAGE.slice(7);
    await b.engine.submit({ kind: "artifact", device: PUMP, sha256, range });
  };
  const told = () =>
    b.sent.splice(0).flatMap(({ message: { kind, payload } }) => {
      const { transport, reason } = payload as TransportPayload;
      return kind === "transport" ? [`${transport} ${reason}`] : [];
    });
  told();
  return { b, id, ranges, told };
}

function metadataIn([message]: readonly Message[]): Metadata {
  assert.ok(message?.kind === "metadata");
  return message.payload;
}

function measured(b: Bench): number {
  return b.store.rows.filter(({ bytes }) => JSON.parse(bytes).type === "NetworkMeasured").length;
}

Deno.test("a download over HTTP that stands still is recommended to go on over MQTT", async () => {
  const { b, ranges, told } = await downloading();
  await ranges(0);
  await b.clock.pass(9 * SECOND);
  assert.deepEqual(told(), []);
  await b.clock.pass(6 * SECOND);
  assert.deepEqual(told(), ["mqtt stalled"]);
  await b.clock.pass(600 * SECOND);
  assert.equal(measured(b), 1, "what stands is not said again");
  const payload = metadataIn(await says(b, ["request", {}]));
  assert.equal(payload.transport, "mqtt");
  assertReplays(b);
});

Deno.test("who cannot be reached otherwise is recommended nothing, however long it stands still", async () => {
  const { b, ranges, told } = await downloading();
  await ranges(0);
  b.engine.disconnected(PUMP, "c1");
  await b.clock.pass(20 * SECOND);
  assert.deepEqual([told(), measured(b)], [[], 0]);
});

Deno.test("progress is a sign that bytes move, whether or not it is a fact", async () => {
  const { b, ranges, told, id } = await downloading();
  await ranges(0, SIZE);
  for (let n = 1; n <= 60; n++) {
    await b.clock.pass(SECOND);
    await says(b, ["progress", { task_id: id, received: Math.floor(SIZE * n / 100) }]);
  }
  assert.ok(told().every((said) => !said.includes("stalled")));
});

Deno.test("a device whose connections are cut again and again goes on over the other transport", async () => {
  const { b, ranges, told } = await downloading();
  for (let n = 0; n < 8; n++) {
    await ranges(n * 100, 1_000, "cut");
    await b.clock.pass(2 * SECOND);
  }
  assert.deepEqual(told(), ["mqtt unreliable"]);
});

Deno.test("a device that asked for MQTT and loses its session is recommended HTTP", async () => {
  const { b, ranges, told } = await downloading({ transport: "mqtt" });
  await ranges(0);
  b.engine.disconnected(PUMP, "c1");
  await b.clock.pass(2 * SECOND);
  assert.deepEqual(told(), ["http gone"]);
  assertReplays(b);
});

Deno.test("a request for another transport takes the place of what was measured", async () => {
  const { b, ranges, told } = await downloading();
  await ranges(0);
  await b.clock.pass(15 * SECOND);
  assert.deepEqual(told(), ["mqtt stalled"]);
  await says(b, ["request", { transport: "mqtt" }]);
  const payload = metadataIn(await says(b, ["request", { transport: "http" }]));
  assert.equal(payload.transport, "http");
  await settle();
  // How often it went to and fro is not to be had anew: else a request would be a way around it.
  assert.equal(b.store.devices.get(PUMP)?.network?.hops, 1);
  assertReplays(b);
});

Deno.test("behind a broker only who was heard by it is recommended MQTT", async () => {
  const b = await bench({ isBrokered: true });
  b.engine.reachable(true);
  await settle();
  await order(b);
  const sha256 = IMAGE.slice(7);
  const fetches = async (connection: number) => {
    const sentAt = b.engine.now();
    const range = { from: 0, sent: 1_000, sentAt, state: "complete", connection } as const;
    await b.engine.submit({ kind: "artifact", device: PUMP, sha256, range });
    await b.clock.pass(30 * SECOND);
  };
  await fetches(1);
  assert.equal(measured(b), 0);
  await says(b, ["request", {}]);
  await fetches(2);
  assert.equal(measured(b), 1);
});

Deno.test("a device that looks at HTTP now and then has not left MQTT, and shows that HTTP works", async () => {
  const { b, ranges, told, id } = await downloading();
  await ranges(0);
  await b.clock.pass(15 * SECOND);
  assert.deepEqual(told(), ["mqtt stalled"]);
  const [part, look] = [8_192, 2_048];
  for (let from = 0; from < 8 * (part + look); from += part + look) {
    await b.ask(PUMP, "chunk/request", { task_id: id, offset: from, length: part });
    await settle();
    await b.clock.pass(SECOND / 2);
    await ranges(from + part, look, "complete", from + part + look);
    await b.clock.pass(SECOND / 2);
    for (const { done } of b.chunks.splice(0)) done("arrived");
  }
  assert.deepEqual(told(), []);
  await b.clock.pass(30 * SECOND);
  assert.deepEqual(told(), ["http stalled"]);
  const { data } = rowsOf(b).findLast(({ type }) => type === "NetworkMeasured")!;
  const { http, mqtt } = data as FactData<"NetworkMeasured">;
  assert.ok(http.trust > 0 && http.bytes_per_s === undefined, JSON.stringify(http));
  assert.ok(mqtt.steady_bytes_per_s! > 0, JSON.stringify(mqtt));
});

Deno.test("after a restart of the engine nobody is gone who is only not back yet", async () => {
  const { b, ranges } = await downloading({ transport: "mqtt" });
  await ranges(0);
  await b.restart();
  for (let n = 1; n <= 4; n++) {
    await ranges(n * 1_000);
    await b.clock.pass(10 * SECOND);
  }
  assert.equal(measured(b), 0, "a fleet comes back within a minute");
  for (let n = 5; n <= 8; n++) {
    await ranges(n * 1_000);
    await b.clock.pass(10 * SECOND);
  }
  assert.equal(measured(b), 1);
  assertReplays(b);
});

Deno.test("NetworkWatch looks at thousands a part at a time, and at each as often as at one", async () => {
  const clock = new ManualClock();
  const tasks = Array.from({ length: 2_500 }, (_, n) => {
    return { id: `t${n}`, device: `d${n}`, attempt: 1, state: "downloading" } as Task;
  });
  const devices = new Map(tasks.map((task) => [task.device, { tasks: [task] } as Partial<Device>]));
  let [inOneGo, most] = [new Set<string>(), 0];
  const told = new Set<string>();
  const watch = new NetworkWatch({
    clock: {
      after: (ms, call) =>
        clock.after(ms, () => {
          inOneGo = new Set();
          call();
        }),
    },
    now: clock.wall,
    committed: (id) => {
      most = Math.max(most, inOneGo.add(id).size);
      return devices.get(id) as Device;
    },
    isListening: () => true,
    lastGivenAt: () => undefined,
    submit: ({ device }) => {
      told.add(device);
      return Promise.resolve({ ok: true, messages: [] });
    },
  });
  for (const task of tasks) watch.asked(task, "http", 0, false);
  most = 0;
  // Ten seconds until a stall is one, two until it counts, and one for the look.
  await clock.pass(13 * SECOND);
  assert.equal(told.size, tasks.length);
  assert.equal(most, 1_000);
  watch.close();
});
