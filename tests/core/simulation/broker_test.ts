/** The simulated broker: what it keeps, what it repeats, and what it forgets. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { setImmediate } from "node:timers";
import { decidedBefore } from "../../../core/engine/mod.ts";
import { Broker } from "../../../core/simulation/broker/broker.ts";
import { Catalogue } from "../../../core/simulation/catalogue.ts";
import { Fate } from "../../../core/simulation/chance/fate.ts";
import { drawFaults, faultsMax } from "../../../core/simulation/chance/faults.ts";
import type { Fault } from "../../../core/simulation/chance/faults.ts";
import type { Down, Up } from "../../../core/simulation/network/mqtt.ts";
import { Path } from "../../../core/simulation/network/network.ts";
import { simulate } from "../../../core/simulation/mod.ts";
import { World } from "../../../core/simulation/world.ts";

const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");
const rest = () => new Promise<void>((resolve) => void setImmediate(resolve));
const noFaults = Object.fromEntries(
  Object.keys(faultsMax).map((fault) => [fault, 0]),
) as Record<Fault, number>;

/** A broker in a world where only these incidents happen. */
function stage(only: readonly string[] = []) {
  const fate = new Fate(1, drawFaults(1, noFaults), only);
  const catalogue = new Catalogue(fate, sha256);
  const world = new World({ fate, sha256, catalogue, watch: {}, isBrokered: true });
  const broker = new Broker(world);
  const pass = (ms: number) => {
    const end = world.now + ms;
    while (world.timeline.step(end));
    world.timeline.now = end;
  };
  return { world, broker, pass };
}

/** A client of it, and what it was sent, in short. */
function clientOf({ world, broker, pass }: ReturnType<typeof stage>, name: string, isKept = true) {
  const heard: string[] = [];
  const receive = (packet: Down) => void heard.push(inShort(packet));
  const closed = () => void heard.push("closed");
  const channel = broker.accept(name, new Path(world, name), { receive, closed });
  const send = (packet: Up) => channel?.up(packet);
  send({ type: "connect", isKept, windowMax: 2 });
  pass(1_000);
  return { channel, heard, send };
}

function inShort(packet: Down): string {
  switch (packet.type) {
    case "connack":
      return packet.isPresent ? "connack, known" : "connack";
    case "puback":
      return `puback ${packet.packets.join()}`;
    case "publish": {
      const { letter, packet: id, isRepeat } = packet;
      return `${"payload" in letter ? letter.payload : "?"} as ${id}${isRepeat ? " again" : ""}`;
    }
    default:
      return packet.type;
  }
}

function report(payload: string, packet: number, qos = 1): Up {
  const letter = { device: "dev-1", kind: "progress", payload } as const;
  return { type: "publish", letter, qos, packet, isRepeat: false };
}

function take(heard: string[]): string[] {
  return heard.splice(0);
}

Deno.test("Broker repeats what was not acknowledged, in order and marked, and then the rest", () => {
  const staged = stage();
  const device = clientOf(staged, "dev-1", false);
  const ear = clientOf(staged, "ear");
  ear.send({ type: "subscribe" });
  staged.pass(1_000);
  for (const [nth, payload] of ["a", "b", "c"].entries()) device.send(report(payload, nth + 1));
  staged.pass(1_000);
  assert.deepEqual(device.heard, ["connack", "puback 1", "puback 2", "puback 3"]);
  assert.deepEqual(take(ear.heard), ["connack", "suback", "a as 1", "b as 2"], "two at once");
  ear.send({ type: "puback", packets: [1] });
  ear.channel!.leave();
  staged.pass(1_000);
  device.send(report("d", 4));
  staged.pass(1_000);
  const again = clientOf(staged, "ear");
  assert.deepEqual(take(again.heard), ["connack, known", "b as 2 again", "c as 3 again"]);
  again.send({ type: "puback", packets: [2, 3] });
  staged.pass(1_000);
  assert.deepEqual(take(again.heard), ["d as 4"]);
});

Deno.test("Broker keeps nothing for a session that ends with its connection, nor anything at QoS 0", () => {
  const staged = stage();
  const device = clientOf(staged, "dev-1", false);
  const ear = clientOf(staged, "ear", false);
  ear.send({ type: "subscribe" });
  staged.pass(1_000);
  ear.channel!.leave();
  staged.pass(1_000);
  device.send(report("a", 1));
  staged.pass(1_000);
  const kept = clientOf(staged, "ear");
  kept.send({ type: "subscribe" });
  staged.pass(1_000);
  device.send(report("b", 0, 0));
  staged.pass(1_000);
  kept.channel!.leave();
  staged.pass(1_000);
  device.send(report("c", 0, 0));
  staged.pass(1_000);
  assert.deepEqual(take(kept.heard), ["connack", "suback", "b as 0"]);
  assert.deepEqual(take(clientOf(staged, "ear").heard), ["connack, known"]);
});

Deno.test("Broker lets the newer of two connections of one client live", () => {
  const staged = stage();
  const first = clientOf(staged, "ear");
  const second = clientOf(staged, "ear");
  assert.deepEqual([first.heard, second.heard], [["connack", "closed"], ["connack, known"]]);
});

Deno.test("Broker that falls comes back with what it kept, or without", () => {
  for (const forgets of [false, true]) {
    const staged = stage(["brokerCrash broker 1", ...(forgets ? ["brokerForgets broker 1"] : [])]);
    const ear = clientOf(staged, "ear");
    ear.send({ type: "subscribe" });
    const device = clientOf(staged, "dev-1", false);
    device.send(report("a", 1));
    staged.pass(90_000);
    assert.deepEqual([ear.heard.at(-1), device.heard], ["closed", ["connack", "closed"]]);
    staged.pass(3_600_000);
    const again = clientOf(staged, "ear").heard;
    assert.equal(again[0], forgets ? "connack" : "connack, known");
  }
});

Deno.test("decidedBefore() is what comes before the last that is on record, but for requests", () => {
  const reports = ["progress", "request", "verify", "progress"] as const;
  const again = reports.map((report, nth) => ({
    nth,
    report,
    key: `key ${nth}`,
  }));
  const before = (known: string[]) => decidedBefore(again, known).map(({ nth }) => nth);
  assert.deepEqual(before(["key 2", "key 9"]), [0]);
  assert.deepEqual(before(["key 0", "key 3"]), [0, 2]);
  assert.deepEqual(before([]), []);
});

Deno.test("simulate() brings upgrades to their end behind a broker, and the same way twice", async () => {
  let falls = 0;
  for (const seed of brokeredSeeds(6)) {
    const options = { seed, devices: 4, hours: 6, upgrades: 10 };
    const faults = { brokerCrash: 20_000, brokerForgets: 500_000 };
    const run = () => simulate({ ...options, faults }, { sha256, rest });
    const [first, second] = [await run(), await run()];
    assert.deepEqual([first.stuck, first.violation], [[], undefined], `seed ${seed}`);
    assert.equal(first.head, second.head, `seed ${seed}`);
    falls += first.counts.get("brokerCrash") ?? 0;
  }
  assert.ok(falls > 0);
});

Deno.test("simulate() without faults has all upgrades succeed behind a broker", async () => {
  for (const seed of brokeredSeeds(3)) {
    const only = Array.from({ length: 6 }, (_, nth) => `order ${nth + 1}`);
    const options = { seed, devices: 30, hours: 6, upgrades: 6, only };
    const { ended, stuck } = await simulate(options, { sha256, rest });
    assert.deepEqual([Object.keys(ended), stuck], [["succeeded"], []], `seed ${seed}`);
  }
});

function brokeredSeeds(count: number): number[] {
  return Array.from({ length: 10 * count }, (_, nth) => nth + 1)
    .filter((seed) => new Fate(seed, noFaults).about("kind of house").chance(500_000))
    .slice(0, count);
}
