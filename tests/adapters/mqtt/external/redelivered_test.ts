/** What a broker sends again is not decided on what came after it. */
import assert from "node:assert/strict";
import { readingPublish } from "../../../../adapters/mqtt/external/redelivered.ts";
import type { Publish } from "../../../../adapters/mqtt/external/publish.ts";
import { parseReport } from "../../../../core/mod.ts";
import type { ReportKind } from "../../../../core/mod.ts";
import { Redelivered } from "../../../../core/engine/mod.ts";
import { packetKey } from "../../../../adapters/mqtt/packet_key.ts";

const [prefix, session] = ["/ota", { name: "first" }];
const utf8 = new TextEncoder();

function publish(device: string, kind: string, id: number | undefined, dup: boolean): Publish {
  const topic = `${prefix}/${device}/${kind}`;
  const qos = id === undefined ? 0 : 1;
  return { topic, qos, dup, retain: false, id, payload: utf8.encode(`{"n":${id ?? 0}}`) };
}

function keyOf({ topic, id, payload }: Publish): string {
  const parsed = parseReport(topic.split("/").at(-1) as ReportKind, payload!);
  return packetKey(session.name, id!, { topic, payload: payload!, parsed });
}

/** What passes, as `device kind id`, with `!` for what was decided before. */
function stage(recorded: readonly Publish[], fails = false) {
  const passed: string[] = [];
  const asked: (() => void)[] = [];
  let refusals = 0;
  const redelivered = new Redelivered<Publish>({
    ...readingPublish({ prefix, session }),
    knownPackets: (device) =>
      fails ? Promise.reject(new Error("The disk is gone.")) : Promise.resolve(
        recorded.filter(({ topic }) => topic.startsWith(`${prefix}/${device}/`)).map(keyOf),
      ),
    settle: (done) => void asked.push(done),
    take: ({ topic, id }, isDecided) => {
      const [, , device, kind] = topic.split("/");
      passed.push(`${device} ${kind} ${id ?? "-"}${isDecided ? "!" : ""}`);
    },
    refuse: () => void refusals++,
  });
  const answer = async () => {
    asked.shift()!();
    await new Promise<void>((resolve) => setImmediate(resolve));
  };
  return { redelivered, passed, asked, answer, refusals: () => refusals };
}

Deno.test("Redelivered passes on at once what comes for the first time", () => {
  const { redelivered, passed, asked } = stage([]);
  redelivered.take(publish("a", "progress", 1, false));
  redelivered.take(publish("a", "progress", undefined, true));
  assert.deepEqual([passed, asked.length], [["a progress 1", "a progress -"], 0]);
});

Deno.test("Redelivered: before one that is on record everything of that device was decided, but for requests", async () => {
  const again = [
    publish("a", "progress", 1, true),
    publish("b", "progress", 2, true),
    publish("a", "request", 3, true),
    publish("a", "status", 4, true),
    publish("a", "verify", 5, true),
    publish("a", "progress", 6, true),
  ];
  const { redelivered, passed, asked, answer } = stage([again[4]!]);
  for (const one of again) redelivered.take(one);
  redelivered.take(publish("a", "progress", 7, false));
  assert.deepEqual([passed, asked.length], [[], 1], "nothing overtakes anything");
  await answer();
  assert.deepEqual(passed, [
    "a progress 1!",
    "b progress 2",
    "a request 3",
    "a status 4!",
    "a verify 5",
    "a progress 6",
    "a progress 7",
  ]);
});

Deno.test("Redelivered: where nothing is on record everything is decided again, in its order", async () => {
  const { redelivered, passed, answer } = stage([]);
  for (const id of [1, 2]) redelivered.take(publish("a", "progress", id, true));
  redelivered.take(publish("+", "progress", 3, true));
  await answer();
  assert.deepEqual(passed, ["a progress 1", "a progress 2", "+ progress 3"]);
});

Deno.test("Redelivered asks again for what comes later, and refuses the line when nobody can tell", async () => {
  const { redelivered, passed, answer } = stage([]);
  for (const id of [1, 2]) {
    redelivered.take(publish("a", "progress", id, true));
    await answer();
  }
  assert.deepEqual(passed, ["a progress 1", "a progress 2"]);
  const broken = stage([], true);
  broken.redelivered.take(publish("a", "progress", 1, true));
  await broken.answer();
  assert.deepEqual([broken.passed, broken.refusals()], [[], 1]);
});

Deno.test("Redelivered holds whatever is promised, and of the rest no more than memory bears", async () => {
  const { redelivered, passed, answer } = stage([]);
  redelivered.take(publish("a", "progress", 1, true));
  for (let n = 0; n < 5_000; n++) redelivered.take(publish("b", "progress", undefined, false));
  redelivered.take(publish("c", "progress", 2, false));
  await answer();
  assert.equal(passed.length, 4_096 + 1);
  assert.deepEqual([passed[0], passed.at(-1)], ["a progress 1", "c progress 2"]);
});
