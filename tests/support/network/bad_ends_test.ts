import assert from "node:assert/strict";
import { setTimeout as pause } from "node:timers/promises";
import { soon } from "../../e2e/house.ts";
import { BadNetwork } from "./bad_network.ts";
import { echo, Peer, spring, talk, took, until } from "./peers.ts";
import { Weather } from "./weather.ts";
import { weathers } from "./weathers.ts";

const COUNT = 40;

/** How each of some connections ends, one after the other. */
async function endsOf(seed: number): Promise<string[]> {
  await using target = spring(20_000);
  await using network = await BadNetwork.before(target.at, new Weather({ resetPercent: 50 }, seed));
  const ends: string[] = [];
  for (let nth = 0; nth < COUNT; nth++) {
    using peer = await Peer.to(network);
    const { bytes, end } = await peer.rest();
    if (end === "end") await peer.finish();
    assert.equal(await soon(target.ends[nth]!, "the end of the target"), end);
    ends.push(`${end} at ${bytes}`);
  }
  assert.equal(network.counts.resets, ends.filter((end) => end.startsWith("reset")).length);
  return ends;
}

Deno.test("BadNetwork resets the same connections at the same bytes with the same seed, both sides", async () => {
  const ends = await endsOf(1);
  const whole = ends.filter((end) => end === "end at 20000").length;
  // Of those that are to be reset, some are only later than that.
  assert.ok(whole > COUNT / 4 && whole < COUNT * 3 / 4, `${whole} of ${COUNT} came through`);
  assert.ok(new Set(ends).size > COUNT / 8);
  assert.deepEqual(await endsOf(1), ends);
  assert.notDeepEqual(await endsOf(2), ends);
});

Deno.test("BadNetwork ends each connection cleanly at a byte, and no more once that is over", async () => {
  await using target = spring(200_000);
  await using network = await BadNetwork.before(target.at, new Weather({ cutAfterBytes: 99_999 }));
  for (let nth = 0; nth < 2; nth++) {
    using peer = await Peer.to(network);
    assert.deepEqual(await peer.rest(), { bytes: 99_999, end: "end" });
  }
  assert.equal(network.counts.cuts, 2);
  network.weather.become(weathers.clear);
  using peer = await Peer.to(network);
  assert.deepEqual(await peer.rest(), { bytes: 200_000, end: "end" });
  assert.equal(network.counts.cuts, 2);
});

Deno.test("BadNetwork ends a connection in the way that comes first", async () => {
  await using target = spring(20_000);
  const weather = new Weather({ resetPercent: 100, cutAfterBytes: 10_000 });
  await using network = await BadNetwork.before(target.at, weather);
  const ends: string[] = [];
  for (let nth = 0; nth < COUNT; nth++) {
    using peer = await Peer.to(network);
    const { bytes, end } = await peer.rest();
    assert.ok(end === "end" ? bytes === 10_000 : bytes <= 10_000, `${end} at ${bytes}`);
    ends.push(end);
  }
  const { resets, cuts } = network.counts;
  assert.ok(resets > 0 && cuts > 0 && resets + cuts === COUNT);
  assert.equal(ends.filter((end) => end === "reset").length, resets);
});

Deno.test("BadNetwork spares a connection that was past its byte before the weather turned", async () => {
  await using target = spring(2_000_000);
  await using network = await BadNetwork.before(target.at);
  using peer = await Peer.to(network);
  await peer.take(1_100_000);
  network.weather.become({ resetPercent: 100 });
  assert.deepEqual(await peer.rest(), { bytes: 900_000, end: "end" });
  await peer.finish();
  await soon(target.ends[0]!, "the end of the target");
  await until(() => network.open === 0, "the end of the connection");
});

Deno.test("BadNetwork passes a reset on, both ways", async () => {
  await using target = spring(5_000_000);
  await using network = await BadNetwork.before(target.at);
  const leaves = await Peer.to(network);
  await leaves.take(5);
  leaves[Symbol.dispose]();
  const isReset = (error: unknown) =>
    error instanceof Deno.errors.ConnectionReset || error instanceof Deno.errors.BrokenPipe;
  await assert.rejects(soon(target.ends[0]!, "the reset"), isReset);
  using stays = await Peer.to(network);
  await talk(stays);
  target.peers[1]![Symbol.dispose]();
  assert.equal((await stays.rest()).end, "reset");
  assert.equal(network.counts.resets, 0);
});

Deno.test("BadNetwork holds everything back while the link is dead, of all under one weather", async () => {
  await using target = echo();
  const weather = new Weather();
  await using one = await BadNetwork.before(target.at, weather);
  await using other = await BadNetwork.before(target.at, weather);
  using here = await Peer.to(one), there = await Peer.to(other);
  await Promise.all([here, there].map(talk));
  weather.become(weathers.dead);
  using late = await Peer.to(one);
  const answers = [here, there, late].map((peer) => took(talk(peer)));
  await pause(100);
  assert.equal(target.peers.length, 2);
  assert.equal(one.counts.bytes.up + other.counts.bytes.up, 10);
  weather.become(weathers.clear);
  for (const ms of await Promise.all(answers)) assert.ok(ms >= 100 && ms < 500, `${ms} ms`);
});

Deno.test("BadNetwork passes no more at once when the link lives again than when it is slow", async () => {
  await using target = spring(100_000);
  const slow = { bytesPerS: 28_000 };
  await using network = await BadNetwork.before(target.at, new Weather(slow));
  using peer = await Peer.to(network);
  await peer.take(1_400);
  network.weather.become({ ...slow, ...weathers.dead });
  await pause(200);
  network.weather.become(slow);
  const ms = await took(peer.take(14_000));
  assert.ok(ms > 400, `${ms} ms`);
});

Deno.test("BadNetwork holds back what is under way when the link dies, and hears of who has gone", async () => {
  await using target = echo();
  const weather = new Weather({ down: { delayMs: 50 } });
  await using network = await BadNetwork.before(target.at, weather);
  using stays = await Peer.to(network);
  const goes = await Peer.to(network);
  await Promise.all([stays, goes].map(talk));
  const answer = took(talk(stays));
  await until(() => target.peers[0]!.sent === 10, "the answer");
  weather.become(weathers.dead);
  goes[Symbol.dispose]();
  await pause(100);
  assert.equal(network.counts.bytes.down, 10);
  weather.become(weathers.clear);
  assert.ok(await answer >= 100);
  assert.equal(await soon(target.ends[1]!, "the end of who has gone"), "end");
});

Deno.test("BadNetwork tells a target nothing of who came and went while the link was dead", async () => {
  await using target = echo();
  await using network = await BadNetwork.before(target.at, new Weather(weathers.dead));
  const gone = await Peer.to(network);
  await gone.send(Uint8Array.of(1));
  gone[Symbol.dispose]();
  await pause(50);
  network.weather.become(weathers.clear);
  using peer = await Peer.to(network);
  await talk(peer);
  assert.equal(network.counts.connections, 2);
  assert.equal(target.peers.length, 1);
});

Deno.test("BadNetwork resets whoever is there and whoever comes while the link refuses", async () => {
  await using target = echo();
  await using network = await BadNetwork.before(target.at);
  using there = await Peer.to(network);
  await talk(there);
  network.weather.become(weathers.refused);
  assert.deepEqual(await there.rest(), { bytes: 0, end: "reset" });
  assert.equal(await soon(target.ends[0]!, "the reset of the target"), "reset");
  const refused = async () => {
    using peer = await Peer.to(network);
    await talk(peer);
  };
  await assert.rejects(refused, /reset/i);
  network.weather.become(weathers.clear);
  using peer = await Peer.to(network);
  await talk(peer);
  assert.deepEqual([network.counts.connections, network.counts.refusals], [3, 2]);
});
