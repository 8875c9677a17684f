import assert from "node:assert/strict";
import { Catalogue } from "../../../core/simulation/catalogue.ts";
import { Fate } from "../../../core/simulation/chance/fate.ts";
import { drawFaults, faultsMax } from "../../../core/simulation/chance/faults.ts";
import type { FaultRates } from "../../../core/simulation/chance/faults.ts";
import { Channel, exchange, Path } from "../../../core/simulation/network/network.ts";
import { World } from "../../../core/simulation/world.ts";
import { sha256 } from "../support/bench_engine.ts";

const none = Object.fromEntries(Object.keys(faultsMax).map((fault) => [fault, 0])) as FaultRates;

function worldWith(faults: Partial<FaultRates>): World {
  const fate = new Fate(1, drawFaults(1, { ...none, ...faults }));
  const catalogue = new Catalogue(fate, sha256);
  return new World({ fate, sha256, catalogue, watch: {}, isBrokered: false });
}

function pass(world: World): void {
  while (world.timeline.step(Infinity));
}

function ends() {
  const seen: string[] = [];
  const end = (name: string) => ({
    receive: (packet: number) => void seen.push(`${name} ${packet}`),
    closed: () => void seen.push(`${name} closed`),
  });
  return { seen, client: end("client"), server: end("server") };
}

Deno.test("Channel: in order however late, and both ends hear the end", () => {
  const world = worldWith({ delay: 500_000 });
  const { seen, client, server } = ends();
  const channel = new Channel<number, number>(world, new Path(world, "dev-1"), client, server);
  const numbers = Array.from({ length: 20 }, (_, n) => n);
  for (const n of numbers) channel.up(n);
  pass(world);
  assert.deepEqual(seen.splice(0), numbers.map((n) => `server ${n}`));
  channel.down(1);
  channel.drop();
  channel.down(2);
  pass(world);
  assert.deepEqual(seen, ["client 1", "client closed"]);
});

Deno.test("Channel: what is lost takes the connection with it, and everything after", () => {
  const world = worldWith({ loss: 1_000_000 });
  const { seen, client, server } = ends();
  const channel = new Channel<number, number>(world, new Path(world, "dev-1"), client, server);
  channel.up(1);
  world.fate.heal();
  channel.up(2);
  channel.down(3);
  pass(world);
  assert.deepEqual(seen.sort(), ["client closed", "server closed"]);
});

Deno.test("exchange(): a request may come twice and is answered once; what is lost is given up", () => {
  for (
    const [faults, served, answered] of [
      [{}, 1, ["pong"]],
      [{ duplication: 1_000_000 }, 2, ["pong"]],
      [{ reordering: 1_000_000, delay: 200_000 }, 1, ["pong"]],
      [{ loss: 1_000_000 }, 0, [undefined]],
    ] as const
  ) {
    const world = worldWith(faults);
    let count = 0;
    const answers: (string | undefined)[] = [];
    exchange<string>(
      world,
      new Path(world, "dev-1"),
      (respond) => {
        count++;
        respond("pong");
      },
      (answer) => answers.push(answer),
      600_000,
    );
    pass(world);
    assert.equal(count, served, JSON.stringify(faults));
    assert.deepEqual(answers, answered, JSON.stringify(faults));
  }
});

Deno.test("Path: parted, it carries nothing, until it is healed", () => {
  const world = worldWith({ partition: 1_000_000 });
  const path = new Path(world, "dev-1");
  assert.notEqual(path.transit("mqtt"), undefined);
  path.begin();
  assert.deepEqual([path.transit("mqtt"), path.transit("http")], [undefined, undefined]);
  world.fate.heal();
  assert.notEqual(path.transit("mqtt"), undefined);
});

Deno.test("Path: one transport is blocked, and the other one is not, until it is healed", () => {
  for (const [blocked, other] of [["mqtt", "http"], ["http", "mqtt"]] as const) {
    const world = worldWith({ [`${blocked}Blocked`]: 1_000_000 });
    const path = new Path(world, "dev-1");
    path.meet(other);
    assert.notEqual(path.transit(blocked), undefined);
    path.meet(blocked);
    assert.equal(path.transit(blocked), undefined);
    assert.notEqual(path.transit(other), undefined);
    world.fate.heal();
    assert.notEqual(path.transit(blocked), undefined);
  }
});

Deno.test("Channel: what a session that stalls has for its client comes late, and nothing is lost", () => {
  const world = worldWith({});
  const { seen, client, server } = ends();
  const channel = new Channel<number, number>(world, new Path(world, "dev-1"), client, server);
  channel.down(1);
  channel.stall(60_000);
  channel.down(2);
  channel.up(3);
  while (world.timeline.step(59_000));
  assert.deepEqual(seen.toSorted(), ["client 1", "server 3"]);
  pass(world);
  assert.equal(seen.at(-1), "client 2");
});
