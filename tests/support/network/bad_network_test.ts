import assert from "node:assert/strict";
import { setTimeout as pause } from "node:timers/promises";
import { checksumOf, randomImage } from "../../e2e/house.ts";
import { freePort } from "../free_port.ts";
import { BadNetwork } from "./bad_network.ts";
import type { Conditions } from "./conditions.ts";
import { Fate } from "./fate.ts";
import { echo, Peer, spring, talk, took, until } from "./peers.ts";
import { Weather } from "./weather.ts";
import { weathers } from "./weathers.ts";

function assertNear(what: number, expected: number, percent: number): void {
  const off = Math.abs(what / expected - 1) * 100;
  assert.ok(off <= percent, `${what} is ${off} % off ${expected}`);
}

const harmless: Record<string, Conditions> = {
  "when nothing is wrong": weathers.clear,
  "when they are late": { delayMs: 5, jitterMs: 10 },
  "when segments are lost": { lossPercent: 1 },
  "when they trickle": { bytesPerS: 2_000_000, connectionBytesPerS: 1_500_000 },
};

for (const [when, conditions] of Object.entries(harmless)) {
  Deno.test(`BadNetwork passes every byte in order, both ways, ${when}`, async () => {
    await using target = echo();
    await using network = await BadNetwork.before(target.at, new Weather(conditions));
    const image = randomImage(300_000);
    using peer = await Peer.to(network);
    const sent = peer.send(image).then(() => peer.finish());
    assert.equal(checksumOf(await peer.take(image.length)), checksumOf(image));
    assert.deepEqual(await peer.rest(), { bytes: 0, end: "end" });
    await sent;
    const { losses, ...counts } = network.counts;
    assert.deepEqual(counts, {
      connections: 1,
      resets: 0,
      cuts: 0,
      refusals: 0,
      bytes: { up: image.length, down: image.length },
    });
    assert.equal(losses > 0, conditions.lossPercent !== undefined);
  });
}

Deno.test("BadNetwork.url has the scheme of its target, and its own port", async () => {
  await using network = await BadNetwork.before("mqtt://127.0.0.1:1883");
  assert.equal(network.url, `mqtt://127.0.0.1:${network.port}`);
});

Deno.test("BadNetwork delays a handshake and each answer by a round trip", async () => {
  await using target = echo();
  const weather = new Weather({ up: { delayMs: 50 }, down: { delayMs: 150 } });
  await using network = await BadNetwork.before(target.at, weather);
  using peer = await Peer.to(network);
  const first = await took(talk(peer));
  assert.ok(first >= 400 && first < 600, `${first} ms`);
  const second = await took(talk(peer));
  assert.ok(second >= 200 && second < 400, `${second} ms`);
});

const alone = [
  { conditions: weathers.slow, rate: 8_000, bytes: 8_400 },
  // A segment takes no longer than a timer can be late.
  { conditions: { bytesPerS: 1_500_000, connectionBytesPerS: 1_000_000 }, rate: 1_000_000 },
];

for (const { conditions, rate, bytes = rate / 2 } of alone) {
  Deno.test(`BadNetwork lets ${rate} bytes per second pass, give or take a tenth`, async () => {
    await using target = spring(1_000_000);
    await using network = await BadNetwork.before(target.at, new Weather(conditions));
    using peer = await Peer.to(network);
    await peer.take(1_400);
    assertNear(bytes * 1_000 / await took(peer.take(bytes)), rate, 10);
  });
}

const rates = [
  { says: "shares a rate fairly among all under one weather", name: "bytesPerS", rate: 60_000 },
  { says: "gives each connection its own rate", name: "connectionBytesPerS", rate: 20_000 },
];

for (const { says, name, rate } of rates) {
  Deno.test(`BadNetwork ${says}`, async () => {
    await using target = spring(1_000_000);
    const weather = new Weather({ [name]: rate });
    await using one = await BadNetwork.before(target.at, weather);
    await using other = await BadNetwork.before(target.at, weather);
    using peers = new DisposableStack();
    const all = await Promise.all([one, one, other].map(Peer.to));
    for (const peer of all) peers.use(peer);
    await Promise.all(all.map((peer) => peer.take(1_400)));
    for (const ms of await Promise.all(all.map((peer) => took(peer.take(14_000))))) {
      assertNear(14_000_000 / ms, 20_000, 15);
    }
  });
}

Deno.test("BadNetwork goes on at another rate when the weather changes", async () => {
  await using target = spring(100_000);
  await using network = await BadNetwork.before(target.at, new Weather({ bytesPerS: 100 }));
  using peer = await Peer.to(network);
  const all = took(peer.take(100_000));
  network.weather.become(weathers.clear);
  assert.ok(await all < 1_000);
});

/** How late some connections answer, in milliseconds, when each says one word. */
async function latenesses(weather: Weather, count: number): Promise<number[]> {
  await using target = echo();
  await using network = await BadNetwork.before(target.at, weather);
  using peers = new DisposableStack();
  const times: Promise<number>[] = [];
  for (let nth = 0; nth < count; nth++) {
    const peer = peers.use(await Peer.to(network));
    // It is to be the n-th for the network too.
    await until(() => network.counts.connections === nth + 1, "the connection");
    times.push(took(talk(peer)));
  }
  return await Promise.all(times);
}

Deno.test("BadNetwork loses what a seed says, and brings it after one, three or seven timeouts", async () => {
  const [percent, count] = [30, 12];
  const lateBy = (seed: number) =>
    Array.from({ length: count }, (_, nth) => {
      const fate = new Fate(seed, `connection ${nth + 1} of network 1`);
      const ways = [fate.lossesOf("up", 0, percent), fate.lossesOf("down", 0, percent)];
      return ways.reduce((ms, losses) => ms + [0, 200, 600, 1_400][losses]!, 0);
    });
  const seeds = [2, 4];
  assert.notDeepEqual(lateBy(2), lateBy(4));
  assert.deepEqual(new Set(seeds.flatMap(lateBy)), new Set([600, 0, 200, 800, 400]));
  await Promise.all(seeds.map(async (seed) => {
    const times = await latenesses(new Weather({ lossPercent: percent }, seed), count);
    const late = times.map((ms) => Math.floor(ms / 200) * 200);
    assert.deepEqual(late, lateBy(seed), `${times}`);
  }));
});

Deno.test("BadNetwork takes what joins a segment under way as a part of it, and may end meanwhile", async () => {
  await using target = echo();
  const weather = new Weather({ lossPercent: 100 });
  await using network = await BadNetwork.before(target.at, weather);
  using peer = await Peer.to(network);
  for (const losses of [6, 6]) {
    await peer.send(Uint8Array.of(1));
    await pause(30);
    assert.equal(network.counts.losses, losses);
  }
  await network[Symbol.asyncDispose]();
  assert.equal((await peer.rest()).bytes, 0);
});

const slow: Record<string, Conditions> = {
  "when they trickle": { bytesPerS: 8_000 },
  "when they are long under way": { down: { delayMs: 60_000 } },
  "when nothing passes": { state: "dead" },
};

for (const [when, conditions] of Object.entries(slow)) {
  Deno.test(`BadNetwork takes few bytes before others arrive ${when}`, async () => {
    await using target = spring(20_000_000);
    await using network = await BadNetwork.before(target.at);
    using _peer = await Peer.to(network);
    await until(() => target.peers.length === 1, "the connection");
    network.weather.become(conditions);
    const [sender] = target.peers;
    let before: number;
    do {
      before = sender!.sent;
      await pause(100);
    } while (sender!.sent - before > 50_000);
    // Without narrow sockets the kernel alone takes four million; what is left is the sender's buffer.
    assert.ok(sender!.sent < (Deno.build.os === "linux" ? 1_500_000 : 10_000_000), `${before}`);
  });
}

Deno.test("BadNetwork resets whoever comes when nobody listens at its target", async () => {
  await using network = await BadNetwork.before({ host: "127.0.0.1", port: await freePort() });
  using peer = await Peer.to(network);
  assert.deepEqual(await peer.rest(), { bytes: 0, end: "reset" });
});
