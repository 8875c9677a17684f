/** What is counted and recorded of a story is the same, whichever way its bytes took. */
import assert from "node:assert/strict";
import { until } from "../talk.ts";
import { onLane } from "./on_lane.ts";
import type { LaneStage } from "./on_lane.ts";

/** What a story leaves behind, without times. */
interface Left {
  readonly facts: unknown[];
  readonly attempts: unknown[];
  readonly served: string;
}

type Story = (lane: LaneStage, get: LaneStage["get"]) => Promise<void>;

/** The same image by its version is not on the lane. */
const ways: Record<string, (text: string) => string> = {
  "by its digest": (text) => text,
  "by its version": (text) => text.replace(/\/artifacts\/\S+/, "/firmware/2.0.0.bin"),
};

async function left({ stage, task }: LaneStage): Promise<Left> {
  await until("the end of all downloads", () => stage.downloads.size === 0);
  const { body: { items } } = await stage.json("GET", "/devices/pump-7/events?limit=500");
  const { body: { attempts } } = await stage.json("GET", `/tasks/${task}/transfer`);
  const { text } = await stage.deps.metrics();
  return {
    facts: items.map(({ type, data, outcome }: Record<string, unknown>) => [
      type,
      type === "ArtifactRequested" || type === "ChunkFailed" ? timeless(data) : {},
      (outcome as { moves: object[] }).moves,
    ]),
    attempts: attempts.map(timeless),
    served: /^otalog_artifact_bytes_total .*$/m.exec(text)![0],
  };
}

/** Without what depends on when it happened. */
function timeless(value: unknown): unknown {
  const times = ["ms", "first_at", "last_at", "first_request_at", "last_request_at"];
  return JSON.parse(JSON.stringify(value, (key, value) => times.includes(key) ? undefined : value));
}

async function bothWays(story: Story, size?: number): Promise<Left[]> {
  const all: Left[] = [];
  for (const way of Object.values(ways)) {
    await onLane(async (lane) => {
      await story(lane, (...asked) => way(lane.get(...asked)));
      all.push(await left(lane));
    }, size === undefined ? {} : { size });
  }
  return all;
}

async function says({ stage, token }: LaneStage, kind: string, body: object): Promise<void> {
  assert.equal((await stage.json("POST", `/ota/pump-7/${kind}`, body, token)).status, 200);
}

Deno.test("range after range, some twice, a bad chunk and a second attempt are counted alike", async () => {
  const [mine, theirs] = await bothWays(async (lane, get) => {
    const [peer, other] = [await lane.peer(), await lane.peer()];
    for (const range of ["0-99999", "100000-199999", "150000-249999", "250000-", "0-0"]) {
      await peer.send(get(range));
      await peer.answer();
    }
    await other.send(get("5-9"));
    await other.answer();
    const bad = { checksum: `sha256:${"00".repeat(32)}`, bad_chunks: [0] };
    await says(lane, "verify", bad);
    // Both connections are known; the first range of the attempt is a fact all the same, and only it.
    for (const connection of [other, peer]) {
      await connection.send(get("0-4095"));
      await connection.answer();
    }
    await says(lane, "verify", { checksum: `sha256:${lane.hex}` });
  });
  assert.deepEqual(mine, theirs);
  const types = mine!.facts.map((fact) => (fact as unknown[])[0]);
  assert.equal(types.filter((type) => type === "ArtifactRequested").length, 2);
  assert.deepEqual(
    mine!.attempts.map((attempt) => {
      const { bytes, requests, repeated, cuts } = attempt as Record<string, number>;
      return { bytes, requests, repeated, cuts };
    }),
    [
      { bytes: 350_006, requests: 6, repeated: 50_006, cuts: 0 },
      { bytes: 8_192, requests: 2, repeated: 8_192, cuts: 0 },
    ],
  );
  assert.equal(mine!.served, `otalog_artifact_bytes_total ${350_006 + 8_192}`);
});

Deno.test("a download that is cut and goes on elsewhere is counted alike", async () => {
  const [mine, theirs] = await bothWays(async (lane, get) => {
    const peer = await lane.peer();
    await peer.send(get());
    await peer.take(1_000_000);
    peer.reset();
    const next = await lane.peer();
    await next.send(get("700000-"));
    await next.answer();
    await says(lane, "progress", { received: lane.image.length });
  }, 12_000_000);
  assert.deepEqual({ ...mine, served: "" }, { ...theirs, served: "" });
  const [{ bytes, requests, repeated, cuts }] = mine!.attempts as [Record<string, number>];
  assert.deepEqual(
    { bytes, requests, repeated, cuts },
    { bytes: 12_000_000, requests: 2, repeated: 0, cuts: 1 },
  );
});

Deno.test("a device that breaks off within its first piece, and what it took, is counted alike", async () => {
  const [mine, theirs] = await bothWays(async (lane, get) => {
    const peer = await lane.peer();
    await peer.send(get());
    // The head is less than 500 bytes.
    await peer.take(10_500);
    peer.reset();
    await until("the end of the download", () => lane.stage.downloads.size === 0);
    const next = await lane.peer();
    await next.send(get("10000-"));
    await next.answer();
  });
  assert.deepEqual({ ...mine, served: "" }, { ...theirs, served: "" });
  const [{ bytes, cuts }] = mine!.attempts as [Record<string, number>];
  assert.deepEqual([bytes, cuts], [300_000, 1]);
});

Deno.test("bytes that are taken on the lane are contact", async () => {
  await onLane(async (lane) => {
    const { engine } = lane.stage;
    const peer = await lane.peer();
    await peer.send(lane.get("0-0"));
    await peer.answer();
    const heardAt = engine.lastHeardAt("pump-7")!;
    await until("a later time", () => engine.now() > heardAt + 5);
    await peer.send(lane.get("1-1"));
    await peer.answer();
    await until("contact", () => engine.lastHeardAt("pump-7")! > heardAt);
    assert.equal(lane.inputs, 1);
  }, { heardEveryMs: 0 });
});

Deno.test("a log that cannot be written keeps no bytes from a device, and an engine that stopped neither", async () => {
  await onLane(async (lane) => {
    const peer = await lane.peer();
    lane.stage.refuse = { status: 503, title: "Not now", detail: "The log cannot be written now." };
    await peer.send(lane.get("0-9"));
    assert.equal((await peer.answer()).body.length, 10);
    lane.stage.refuse = undefined;
    await lane.stage.engine.stop();
    await peer.send(lane.get("10-19"));
    assert.equal((await peer.answer()).body.length, 10);
    assert.equal(lane.stage.downloads.size, 0);
  });
});
