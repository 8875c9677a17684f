/** How long a peer may keep the lane waiting. */
import assert from "node:assert/strict";
import { onLane } from "./on_lane.ts";
import type { LaneStage } from "./on_lane.ts";

/** How long the peer's connection lives on, in milliseconds, and what it is given. */
async function lifeOf(lane: LaneStage, text: string): Promise<[ms: number, came: string]> {
  const peer = await lane.peer();
  const began = performance.now();
  if (text) await peer.send(text);
  const came = await peer.rest();
  return [performance.now() - began, came];
}

Deno.test("who sends nothing, or half a head, is cut; so is who sends half a head behind a request", async () => {
  await onLane(async (lane) => {
    const half = lane.get("0-1").slice(0, 40);
    const stories: [text: string, came: RegExp][] = [
      ["", /^$/],
      [half, /^HTTP\/1\.1 408 /],
      [lane.get("0-1") + half, /^HTTP\/1\.1 206 .*HTTP\/1\.1 408 /s],
    ];
    const lives = await Promise.all(stories.map(([text]) => lifeOf(lane, text)));
    for (const [index, [ms, came]] of lives.entries()) {
      assert.ok(ms >= 290 && ms < 3_000, `${ms} ms`);
      assert.match(came, stories[index]![1]);
    }
  }, { headMs: 300, keepAliveMs: 20_000 });
});

Deno.test("who is answered and asks no more is closed, after as long as the answer said", async () => {
  await onLane(async (lane) => {
    const [ms, came] = await lifeOf(lane, lane.get("0-1"));
    assert.match(came, /\r\nKeep-Alive: timeout=1\r\n/);
    assert.ok(ms >= 1_000 && ms < 4_000, `${ms} ms`);
    const peer = await lane.peer();
    for (let n = 0; n < 4; n++) {
      await peer.send(lane.get("0-1"));
      await peer.answer();
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
    assert.ok(!peer.isClosed, "each request begins the wait anew");
  }, { keepAliveMs: 1_000, headMs: 300 });
});

Deno.test("who takes nothing is cut, as stalled; who takes little again and again is not", async () => {
  await onLane(async (lane) => {
    const { stage } = lane;
    const [silent, slow] = [await lane.peer(), await lane.peer()];
    for (const peer of [silent, slow]) {
      await peer.send(lane.get());
      await peer.take(1);
    }
    assert.equal(stage.downloads.size, 1);
    const began = performance.now();
    while (lane.listener.connections === 2) {
      await slow.take(500_000);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    const ms = performance.now() - began;
    assert.ok(ms > 500 && slow.bytes < lane.image.length, `${ms} ms, ${slow.bytes} bytes`);
    assert.equal(lane.listener.connections, 1, "the slow one goes on");
    slow.resume();
    assert.equal((await slow.answer()).body.length, lane.image.length);
    await silent.rest();
    assert.ok(silent.wasReset && silent.bytes < lane.image.length);
    const { body: { attempts: [attempt] } } = await stage.json(
      "GET",
      `/tasks/${lane.task}/transfer`,
    );
    assert.deepEqual([attempt.stalls, attempt.requests], [1, 2]);
    assert.equal(stage.downloads.size, 0);
  }, { stalledMs: 500, slowestBytesPerS: 5e6, size: 40_000_000 });
});
