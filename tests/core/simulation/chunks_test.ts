/** Bytes over MQTT in the simulation: whoever fetches by them, or by whichever way there is, gets all of them. */
import assert from "node:assert/strict";
import type { OutboundChunk } from "../../../core/engine/mod.ts";
import { Broker } from "../../../core/simulation/broker/broker.ts";
import { Catalogue } from "../../../core/simulation/catalogue.ts";
import { Fate } from "../../../core/simulation/chance/fate.ts";
import { drawFaults, faultsMax } from "../../../core/simulation/chance/faults.ts";
import type { Fault } from "../../../core/simulation/chance/faults.ts";
import { Random } from "../../../core/simulation/chance/random.ts";
import type { Job } from "../../../core/simulation/device/flash.ts";
import type { Body } from "../../../core/simulation/device/mechanic.ts";
import { Fetching } from "../../../core/simulation/device/fetching.ts";
import { PartFetching } from "../../../core/simulation/device/part_fetching.ts";
import { ImageReads } from "../../../core/simulation/front/image_reads.ts";
import { Images } from "../../../core/simulation/front/images.ts";
import { imageBytes } from "../../../core/simulation/image_bytes.ts";
import { Process } from "../../../core/simulation/machine/process.ts";
import { simulate } from "../../../core/simulation/mod.ts";
import type { Down } from "../../../core/simulation/network/mqtt.ts";
import { Path } from "../../../core/simulation/network/network.ts";
import { World } from "../../../core/simulation/world.ts";
import { assertHolds, ports } from "../support/simulation.ts";

const { sha256, rest } = ports;
const IMAGE = "5a".repeat(32);
const TASK = "OTA_20260101_001";
const noFaults = Object.fromEntries(
  Object.keys(faultsMax).map((fault) => [fault, 0]),
) as Record<Fault, number>;

function worldWith(only: readonly string[]): World {
  const fate = new Fate(1, drawFaults(1, noFaults), only);
  const catalogue = new Catalogue(fate, sha256);
  return new World({ fate, sha256, catalogue, watch: {}, isBrokered: true });
}

function pass(world: World, ms: number): void {
  const end = world.now + ms;
  while (world.timeline.step(end));
  world.timeline.now = end;
}

Deno.test("ImageReads: bytes come in a moment, some only after a minute, and some not at all", async () => {
  const world = worldWith([
    `imageUnread ${IMAGE} 2`,
    `imageSlow ${IMAGE} 3`,
    `imageGone chunk of ${IMAGE} 5`,
  ]);
  const options = { machine: world, number: 1, random: new Random(1), diesAt: Infinity };
  const life = new Process({ ...options, onDeath: () => {} });
  const reads = new ImageReads(world, new Images(world), life);
  const read = async (ms: number) => {
    const outcome = reads.read({ sha256: IMAGE }, 256, 512)
      .then((bytes) => bytes, (error) => error.name);
    const late = Symbol();
    pass(world, ms);
    await rest();
    return await Promise.race([outcome, Promise.resolve(late)]).then((it) =>
      it === late ? "late" : it
    );
  };
  assert.deepEqual(await read(21), imageBytes(IMAGE, 256, 512));
  assert.equal(await read(21), "UnreadableImage");
  assert.equal(await read(90), "late");
  assert.deepEqual(await read(21), imageBytes(IMAGE, 256, 512));
  assert.equal(await read(21), "UnreadableImage");
  assert.equal(await read(21), "UnreadableImage", "its file is gone for all");
});

Deno.test("Broker gives bytes to whoever has subscribed to them, at most so, or says that nobody has", () => {
  for (
    const [chunks, only, heard, isUnheard] of [
      [1, [], "0 at 1", false],
      [0, [], "0 at 0", false],
      [undefined, [], undefined, true],
      [1, ["chunkSwallowed dev-1 1"], undefined, false],
    ] as const
  ) {
    const world = worldWith(only);
    const broker = new Broker(world);
    assert.ok(broker.saysUnheard);
    const client = (name: string) => {
      const got: Down[] = [];
      const end = { receive: (packet: Down) => void got.push(packet), closed: () => {} };
      const channel = broker.accept(name, new Path(world, name), end)!;
      channel.up({ type: "connect", isKept: false, windowMax: 20 });
      pass(world, 1_000);
      return { got, channel };
    };
    const device = client("dev-1");
    device.channel.up({ type: "subscribe", hears: "dev-1", chunks });
    pass(world, 1_000);
    const engine = client("otalog-out");
    const bytes = imageBytes(IMAGE, 0, 256);
    const letter = { device: "dev-1", task: TASK, offset: 0, bytes, done: () => {} };
    engine.channel.up({ type: "publish", letter, qos: 1, packet: 7, isRepeat: false });
    pass(world, 1_000);
    assert.deepEqual(engine.got.at(-1), { type: "puback", packets: [7], isUnheard });
    const last = device.got.at(-1);
    const seen = last?.type === "publish" && "bytes" in last.letter
      ? `${last.letter.offset} at ${last.qos}`
      : undefined;
    assert.equal(seen, heard);
  }
});

/** A device that fetches an image of four parts and a bit, two at a time. */
function fetching() {
  const world = worldWith([]);
  const asks: string[] = [];
  const events: string[] = [];
  const job = { task: TASK, sha256: IMAGE, size: 16_900, stored: 0, phase: "fetching" } as Job;
  const flash = { job } as Body["flash"];
  const body = {
    id: "dev-1",
    world,
    flash,
    later: (ms: number, run: () => void) => world.after(ms, run),
    ask: (kind: string, { parts, offset, length }: Record<string, unknown>) =>
      void (kind === "chunk/request" && asks.push(JSON.stringify(parts ?? [[offset, length]]))),
  } as unknown as Body;
  const parts = new PartFetching(body, {
    stored: () => void events.push("stored"),
    progress: () => {},
    cut: () => (events.push("cut"), true),
  });
  parts.plan(4_096, 2);
  const give = (start: number, odd: Partial<OutboundChunk> = {}) => {
    const bytes = imageBytes(IMAGE, start, Math.min(start + 4_096, 16_900));
    parts.take({ device: "dev-1", task: TASK, offset: start, bytes, done: () => {}, ...odd });
  };
  return { world, asks, events, job, parts, give };
}

Deno.test("PartFetching asks for as many parts as it may, and takes them in any order", () => {
  const { world, asks, events, job, parts, give } = fetching();
  parts.goOn(job);
  parts.goOn(job);
  assert.deepEqual(asks, ["[[0,4096],[4096,4096]]"]);
  give(4_096);
  assert.equal(job.stored, 0);
  give(0);
  give(0);
  assert.equal(job.stored, 8_192);
  pass(world, 21_000);
  assert.equal(asks[1], "[[8192,4096],[12288,4096]]");
  give(8_192);
  give(16_384);
  assert.deepEqual([job.stored, events], [12_288, []]);
  give(12_288);
  assert.deepEqual([job.stored, events, job.isCorrupt], [16_900, ["stored"], undefined]);
});

Deno.test("PartFetching asks again for what does not come, and takes nothing of another task", () => {
  const { world, asks, events, job, parts, give } = fetching();
  parts.goOn(job);
  give(0, { task: "OTA_20260101_002" });
  assert.equal(job.stored, 0);
  pass(world, 61_000);
  assert.deepEqual([asks.length, asks[1], events[0]], [2, asks[0], "cut"]);
  give(0);
  parts.lost();
  pass(world, 600_000);
  assert.equal(asks.length, 2, "without a link it asks nobody");
  parts.goOn(job);
  assert.equal(asks[2], "[[4096,4096],[8192,4096]]", "on from the byte where it stopped");
  parts.end();
  give(4_096);
  assert.equal(job.stored, 4_096, "it fetches otherwise now");
});

Deno.test("PartFetching asks for less where it asked for too much, but never for too many parts", () => {
  const { world, asks, job, parts } = fetching();
  parts.goOn(job);
  parts.askLess();
  pass(world, 61_000);
  assert.equal(asks[1], "[[0,2048],[2048,2048]]");
  for (let nth = 0; nth < 9; nth++) parts.askLess();
  pass(world, 61_000);
  assert.equal(asks.at(-1), "[[0,265],[265,265]]");
});

Deno.test("PartFetching: bytes of a broken file spoil what is stored", () => {
  const { job, parts, give } = fetching();
  parts.goOn(job);
  give(0, { bytes: imageBytes(IMAGE, 0, 4_096, false) });
  assert.deepEqual([job.stored, job.isCorrupt], [4_096, true]);
});

/** A device that may fetch by either way, has 8,192 bytes, and meets nobody. */
function either(seed: number) {
  const fate = new Fate(seed, drawFaults(seed, noFaults), []);
  const world = new World({
    fate,
    sha256,
    catalogue: new Catalogue(fate, sha256),
    watch: {},
    isBrokered: true,
  });
  const tries: [by: string, from: number][] = [];
  const job = { task: TASK, sha256: IMAGE, size: 90_000, stored: 8_192, phase: "fetching" } as Job;
  const body = {
    id: "dev-1",
    world,
    bytes: "either",
    flash: { job, token: "" },
    path: new Path(world, "dev-1"),
    random: new Random(seed),
    later: (ms: number, run: () => void) => world.after(ms, run),
    server: () => ({ download: (_: unknown, __: string, from: number) => void noteHttp(from) }),
    canAsk: () => true,
    ask: (kind: string, { parts, offset }: { parts?: number[][]; offset?: number }) =>
      void (kind === "chunk/request" && tries.push(["mqtt", offset ?? parts![0]![0]!])),
  } as unknown as Body;
  const noteHttp = (from: number) => tries.push(["http", from]);
  const events = { stored: () => {}, progress: () => {}, cut: () => true };
  return { world, tries, job, fetching: new Fetching(body, events) };
}

Deno.test("Fetching goes on with the other way where one fails, at the byte where it stopped", () => {
  const first = new Set<string>();
  for (let seed = 1; seed <= 10; seed++) {
    const { world, tries, job, fetching } = either(seed);
    fetching.goOn(job);
    first.add(tries[0]![0]);
    pass(world, 600_000);
    assert.deepEqual(new Set(tries.map(([by]) => by)), new Set(["mqtt", "http"]), `seed ${seed}`);
    assert.ok(tries.every(([, from]) => from === 8_192));
  }
  assert.equal(first.size, 2);
});

Deno.test("Fetching follows what is recommended, once, and not everybody does", () => {
  let followers = 0;
  for (let seed = 1; seed <= 20; seed++) {
    const { tries, job, fetching } = either(seed);
    fetching.goOn(job);
    const [[before]] = tries as [[string, number]];
    const transport = before === "mqtt" ? "http" : "mqtt";
    fetching.advise({ transport, chunk_bytes: 4_096, chunks_in_flight: 2 });
    fetching.advise({ transport });
    assert.ok(tries.length <= 2);
    const [, next] = tries;
    if (!next) continue;
    followers++;
    assert.deepEqual(next, [transport, 8_192]);
  }
  assert.ok(followers > 10 && followers < 20, `${followers}`);
});

Deno.test("simulate() without faults has all upgrades succeed, over MQTT alone and by whichever way", async () => {
  let byMqttAlone = 0;
  for (const seed of [1, 2, 3, 4]) {
    const only = Array.from({ length: 8 }, (_, nth) => `order ${nth + 1}`);
    const options = { seed, devices: 30, hours: 6, upgrades: 8, only };
    const { ended, stuck, violation, rows } = await simulate(options, ports);
    assert.deepEqual([violation, Object.keys(ended), stuck], [undefined, ["succeeded"], []]);
    const headers = rows.map(({ bytes, data }) => ({ ...JSON.parse(bytes), data }));
    const wishes = new Set(
      headers.filter(({ type, data }) =>
        type === "UpdateRequested" && JSON.parse(data).transport === "mqtt"
      ).map(({ stream }) => stream),
    );
    byMqttAlone += headers.filter(({ stream, outcome }) =>
      wishes.has(stream) && outcome.moves.some(({ to }: { to: string }) =>
        to === "succeeded"
      )
    ).length;
  }
  assert.ok(byMqttAlone > 3, `${byMqttAlone}`);
});

Deno.test("simulate() brings upgrades through every fault of bytes over MQTT, and through blocked ways", async () => {
  const rates = {
    mqttBlocked: 100_000,
    httpBlocked: 100_000,
    sessionStall: 100_000,
    chunkLoss: 200_000,
    chunkTwice: 300_000,
    chunkLate: 200_000,
    chunkSwallowed: 200_000,
    oddAsk: 50_000,
    imageUnread: 100_000,
    imageSlow: 200_000,
  };
  const met = new Map<string, number>();
  let succeeded = 0;
  for (let seed = 1; seed <= 10; seed++) {
    const faults = { ...noFaults, ...rates };
    const { counts, ended } = await assertHolds({
      seed,
      devices: 6,
      hours: 6,
      upgrades: 12,
      faults,
    });
    succeeded += ended.succeeded ?? 0;
    for (const [fault, count] of counts) met.set(fault, (met.get(fault) ?? 0) + count);
  }
  for (const fault of Object.keys(rates)) assert.ok(met.get(fault)! > 0, fault);
  assert.ok(succeeded > 50, `${succeeded}`);
});
