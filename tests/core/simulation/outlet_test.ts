/** The simulated outlet: as the adapter's, it keeps only so many messages waiting. */
import assert from "node:assert/strict";
import type { OutboundMessage } from "../../../core/engine/mod.ts";
import { BrokerOutlet } from "../../../core/simulation/broker/outlet.ts";
import { Fate } from "../../../core/simulation/chance/fate.ts";
import { faultsMax } from "../../../core/simulation/chance/faults.ts";
import type { Fault } from "../../../core/simulation/chance/faults.ts";
import { simulate } from "../../../core/simulation/mod.ts";
import type { MqttChannel, Up } from "../../../core/simulation/network/mqtt.ts";
import type { Running } from "../../../core/simulation/running.ts";
import { ports } from "../support/simulation.ts";

const noFaults = Object.fromEntries(
  Object.keys(faultsMax).map((fault) => [fault, 0]),
) as Record<Fault, number>;

/** An outlet with room for two, to a broker that takes one at a time. */
function stage() {
  const published: [device: string, packet: number][] = [];
  const delivered: string[] = [];
  const calls = { all: 0 };
  const running = {
    engine: { callAll: () => void calls.all++ },
    ask: ({ device }: { device: string }) => {
      delivered.push(device);
      return Promise.resolve({ ok: true, messages: [] });
    },
  } as unknown as Running;
  const outlet = new BrokerOutlet(running, {
    waitingMax: 2,
    waitingLow: 0,
    receiveMax: 1,
    bytesMax: 1_024,
  });
  const up = (packet: Up) => {
    if (packet.type === "publish") published.push([packet.letter.device, packet.packet]);
  };
  outlet.open({ up } as unknown as MqttChannel);
  const send = (device: string, isOwed = true) => {
    const owed = { task: "a", kind: "metadata", attempt: 1 };
    const message = { device, message: { kind: "metadata", payload: {} } };
    outlet.send({ ...message, ...(isOwed ? { owed } : {}) } as unknown as OutboundMessage);
  };
  return { outlet, published, delivered, calls, send };
}

Deno.test("BrokerOutlet drops what it has no room for, and has everybody called when it has", () => {
  const { outlet, published, delivered, calls, send } = stage();
  for (const device of ["a", "b", "c", "d", "e"]) send(device);
  assert.deepEqual(published, [["a", 1]]);
  outlet.acknowledged([1], false);
  assert.deepEqual([published.length, calls.all], [2, 0], "one waits still");
  outlet.acknowledged([2], false);
  assert.deepEqual([published.at(-1), calls.all], [["c", 3], 1]);
  outlet.acknowledged([3], false);
  assert.deepEqual([delivered, calls.all], [["a", "b", "c"], 1]);
});

Deno.test("BrokerOutlet calls nobody again for messages that are not owed", () => {
  const { outlet, published, calls, send } = stage();
  for (const device of ["a", "b", "c"]) send(device);
  send("d", false);
  for (const packet of [1, 2, 3]) outlet.acknowledged([packet], false);
  assert.deepEqual([published.length, calls.all], [3, 0]);
});

Deno.test("BrokerOutlet gives bytes to the broker, unless they are too large for it", () => {
  for (const [length, end] of [[1_024, "passed"], [1_025, "too_large"]] as const) {
    const { outlet, published } = stage();
    const ends: string[] = [];
    const bytes = new Uint8Array(length);
    const done = (how: string) => void ends.push(how);
    outlet.sendChunk({ device: "a", task: "t", offset: 0, bytes, done });
    assert.equal(published.length, end === "passed" ? 1 : 0);
    outlet.acknowledged([1], false);
    assert.deepEqual(ends, [end]);
  }
});

Deno.test("BrokerOutlet says when there is room, and when there is no connection any more", async () => {
  const { outlet, send } = stage();
  await outlet.room();
  const seen: string[] = [];
  const wait = (what: string) => outlet.room().then(() => void seen.push(what));
  for (const device of ["a", "b"]) send(device);
  const first = wait("drained");
  await Promise.resolve();
  assert.deepEqual(seen, []);
  outlet.acknowledged([1], false);
  await first;
  send("c");
  const second = wait("closed");
  outlet.close();
  await second;
  assert.deepEqual(seen, ["drained", "closed"]);
});

Deno.test("simulate() calls everybody again where an outlet was too small, and ends", async () => {
  const seeds = Array.from({ length: 400 }, (_, nth) => nth + 1).filter((seed) => {
    const fate = new Fate(seed, noFaults);
    return fate.about("kind of house").chance(500_000) && fate.about("outlet").spread(1, 16) < 3;
  });
  for (const seed of seeds.slice(0, 4)) {
    const options = { seed, devices: 20, hours: 3, upgrades: 20 };
    const faults = { ...noFaults, brokerCrash: 20_000 };
    const { stuck, violation, ended } = await simulate({ ...options, faults }, ports);
    assert.deepEqual([stuck, violation], [[], undefined], `seed ${seed}`);
    assert.ok((ended.succeeded ?? 0) > 0, `seed ${seed}`);
  }
});
