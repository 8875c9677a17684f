/** From messages to inputs, and from answers to acknowledgements: no socket, no broker. */
import assert from "node:assert/strict";
import { Intake } from "../../../../adapters/mqtt/external/intake.ts";
import { TakenPackets } from "../../../../core/engine/mod.ts";
import type { Answer } from "../../../../core/engine/mod.ts";
import type { Publish } from "../../../../adapters/mqtt/external/publish.ts";
import { Recorder } from "../embedded/recorder.ts";
import { PREFIX } from "../embedded/stage.ts";
import { percents } from "./stage.ts";

/** An intake before a recorder; `taken` may be that of the connection before. */
function intakeOf(engine = new Recorder(), taken = new TakenPackets()) {
  const line = {
    acknowledged: [] as number[],
    isPaused: false,
    isRefused: false,
    acknowledge: (ids: readonly number[]) => void line.acknowledged.push(...ids),
    regulate: (mayRead: boolean) => void (line.isPaused = !mayRead),
    /** Who waits for the broker's word; where nobody is to wait it is given at once. */
    settling: [] as (() => void)[],
    isSlow: false,
    settle: (done: () => void) => void (line.isSlow ? line.settling.push(done) : done()),
    refuse: () => void (line.isRefused = true),
  };
  const options = { engine, prefix: PREFIX, session: { name: "first" } };
  return { engine, taken, line, intake: new Intake(options, taken, line) };
}

function publish(topic: string, payload: string | undefined, more: Partial<Publish> = {}): Publish {
  const bytes = payload === undefined ? undefined : new TextEncoder().encode(payload);
  return { topic, qos: 1, dup: false, retain: false, id: 1, payload: bytes, ...more };
}

const progress = (device: string, percent: number, more: Partial<Publish> = {}) =>
  publish(`${PREFIX}/${device}/progress`, String(percent), more);

const numbers = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, index) => from + index);

/** One turn of the event loop: every answer has had its effect. */
const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

const ok = { ok: true, messages: [] } as const;
const rejected: Answer = {
  ok: true,
  messages: [{
    device: "a",
    message: { kind: "rejected", payload: { code: "rate_limited", reason: "too often" } },
  }],
};
const unknown: Answer = {
  ok: false,
  problem: { status: 403, title: "Forbidden", detail: "revoked" },
};
const busy = {
  ok: false,
  problem: { status: 503, title: "Not available now", detail: "full" },
} as const;

Deno.test("Intake: a report becomes an input, its device is heard, and then it is acknowledged", async () => {
  const { engine, line, intake } = intakeOf();
  engine.hold = true;
  intake.take(progress("a", 7, { id: 300 }));
  const input = engine.inputs[0]!;
  assert.ok(input.kind === "report");
  assert.deepEqual([input.device, input.report, input.via], ["a", "progress", "mqtt"]);
  assert.equal(input.packet!.isRepeat, false);
  await turn();
  assert.deepEqual([line.acknowledged, engine.events], [[], []]);
  engine.waiting.shift()!(ok);
  await turn();
  assert.deepEqual([line.acknowledged, engine.events], [[300], ["heard a"]]);
});

Deno.test("Intake: acknowledgements keep the order of the messages, whatever is answered first", async () => {
  const { engine, line, intake } = intakeOf();
  engine.hold = true;
  for (const id of [1, 2, 4]) intake.take(progress("a", id, { id }));
  intake.take(publish("elsewhere", "x", { id: 5 }));
  engine.waiting[2]!(ok);
  engine.waiting[1]!(ok);
  await turn();
  assert.deepEqual(line.acknowledged, []);
  engine.waiting[0]!(ok);
  await turn();
  assert.deepEqual(line.acknowledged, [1, 2, 4, 5]);
});

Deno.test("Intake: the 17th unacknowledged report of a device waits, and everything behind it", async () => {
  const { engine, line, intake } = intakeOf();
  engine.hold = true;
  for (const id of numbers(1, 40)) intake.take(progress("a", id, { id }));
  assert.deepEqual(percents(engine), numbers(1, 16));
  assert.equal(line.isPaused, true);
  intake.take(progress("b", 41, { id: 41 }));
  intake.take(publish("elsewhere", "x", { id: 42 }));
  // All but the first are answered: none of them is acknowledged before it.
  for (const answer of engine.waiting.slice(1)) answer(ok);
  await turn();
  assert.deepEqual([percents(engine).length, line.acknowledged], [16, []]);
  engine.hold = false;
  engine.waiting[0]!(ok);
  await turn();
  assert.deepEqual(percents(engine), numbers(1, 41));
  assert.deepEqual(line.acknowledged, numbers(1, 42));
  assert.equal(line.isPaused, false);
});

Deno.test("Intake: acknowledged reports count until the broker is known to have that", async () => {
  const { engine, line, intake } = intakeOf();
  line.isSlow = true;
  for (const id of numbers(1, 40)) intake.take(progress("a", id, { id }));
  await turn();
  assert.deepEqual([engine.inputs.length, line.acknowledged], [16, numbers(1, 16)]);
  assert.equal(line.settling.length, 1);
  assert.equal(line.isPaused, false, "the broker's answer comes behind other messages");
  intake.take(progress("b", 41, { id: 41 }));
  for (const count of [32, 41]) {
    line.settling.shift()!();
    await turn();
    assert.equal(engine.inputs.length, count);
  }
  assert.equal(line.settling.length, 0, "nothing waits any more");
  // With QoS 0 nothing comes again: it counts for nobody, and nobody keeps more than so many.
  const qos0 = { id: undefined, qos: 0 };
  for (const id of numbers(42, 57)) intake.take(progress("a", id, { id }));
  const waiting = engine.inputs.length;
  for (const _ of numbers(1, 5_000)) intake.take(progress("c", 1, qos0));
  while (line.settling.length > 0) {
    line.settling.shift()!();
    await turn();
  }
  assert.equal(engine.inputs.length, waiting + 4_096);
});

Deno.test("Intake: what was refused leaves nothing to know again, and nobody waits for the broker's word on it", async () => {
  const refusals: readonly Answer[] = [rejected, unknown];
  for (const answer of refusals) {
    const { engine, line, intake } = intakeOf();
    line.isSlow = true;
    engine.answer = answer;
    for (const id of numbers(1, 400)) intake.take(progress("a", id, { id }));
    intake.take(progress("b", 1, { id: 401 }));
    await engine.until(() => engine.inputs.length === 401, "the others' turn");
    await turn();
    assert.deepEqual([line.acknowledged, line.settling], [numbers(1, 401), []]);
    engine.answer = ok;
    for (const id of numbers(1, 40)) intake.take(progress("a", id, { id }));
    await turn();
    assert.deepEqual([engine.inputs.length, line.settling.length], [401 + 16, 1]);
  }
});

Deno.test("Intake: a request that comes again is answered again", async () => {
  const { engine, taken, intake: first } = intakeOf();
  const request = (dup: boolean) => publish(`${PREFIX}/a/request`, "{}", { id: 5, dup });
  first.take(request(false));
  await turn();
  first.close();
  const { line, intake } = intakeOf(engine, taken);
  intake.take(request(true));
  await turn();
  const packets = engine.inputs.map((input) => input.kind === "report" && input.packet);
  assert.deepEqual(packets.map((packet) => packet && packet.isRepeat), [false, true]);
  assert.deepEqual(line.acknowledged, [5]);
});

Deno.test("Intake: what became durable after the connection broke is known when it comes again", async () => {
  const { engine, taken, line: old, intake: first } = intakeOf();
  engine.hold = true;
  first.take(progress("a", 7, { id: 9 }));
  first.close();
  engine.waiting.shift()!(ok);
  await turn();
  const { line, intake } = intakeOf(engine, taken);
  intake.take(progress("a", 7, { id: 9, dup: true }));
  await turn();
  assert.deepEqual([engine.inputs.length, old.acknowledged, line.acknowledged], [1, [], [9]]);
});

Deno.test("Intake: so many of all devices together wait, and reading goes on when few are left", async () => {
  const { engine, line, intake } = intakeOf();
  engine.hold = true;
  for (const id of numbers(1, 2_100)) intake.take(progress(`d${id % 200}`, id % 100, { id }));
  assert.equal(engine.inputs.length, 2_048);
  assert.equal(line.isPaused, true);
  for (const answer of engine.waiting.splice(0, 1_000)) answer(ok);
  await turn();
  assert.equal(engine.inputs.length, 2_100);
  assert.equal(line.isPaused, true, "1,100 wait");
  for (const answer of engine.waiting.splice(0, 588)) answer(ok);
  await turn();
  assert.equal(line.isPaused, true, "512 wait");
  engine.waiting.shift()!(ok);
  await turn();
  assert.equal(line.isPaused, false);
});

Deno.test("Intake: a DUP of what was taken before the connection broke is no input", async () => {
  const { engine, taken, intake: first } = intakeOf();
  first.take(progress("a", 7, { id: 9 }));
  await turn();
  first.close();
  const { line, intake } = intakeOf(engine, taken);
  intake.take(progress("a", 7, { id: 9, dup: true }));
  await turn();
  assert.deepEqual([line.acknowledged, engine.inputs.length], [[9], 1]);
  // Another payload, another id, or no DUP: a message of its own.
  const others = [{ percent: 8, id: 9, dup: true }, { percent: 8, id: 10, dup: true }, {
    percent: 8,
    id: 10,
    dup: false,
  }];
  for (const { percent, ...how } of others) intake.take(progress("a", percent, how));
  await turn();
  assert.deepEqual(percents(engine), [7, 8, 8, 8]);
  const packets = engine.inputs.map((input) => input.kind === "report" ? input.packet : undefined);
  assert.deepEqual(packets.map((packet) => packet!.isRepeat), [false, true, true, false]);
  assert.equal(packets[2]!.key, packets[3]!.key);
  assert.equal(new Set(packets.map((packet) => packet!.key)).size, 3);
});

Deno.test("Intake: what was not durable when the connection broke is taken when it comes again", async () => {
  const { engine, taken, line: old, intake: first } = intakeOf();
  engine.hold = true;
  first.take(progress("a", 7, { id: 9 }));
  first.close();
  const { line, intake } = intakeOf(engine, taken);
  intake.take(progress("a", 7, { id: 9, dup: true }));
  // The engine knows by the packet that both are one.
  assert.equal(engine.inputs.length, 2);
  for (const answer of engine.waiting) answer(ok);
  await turn();
  assert.deepEqual([old.acknowledged, line.acknowledged], [[], [9]]);
});

Deno.test("Intake: what the engine cannot take now cuts the line, and nothing more is acknowledged", async () => {
  const { engine, taken, line, intake } = intakeOf();
  engine.hold = true;
  for (const id of [1, 2, 3]) intake.take(progress("a", id, { id }));
  engine.waiting[0]!(ok);
  await turn();
  engine.waiting[1]!(busy);
  await turn();
  engine.waiting[2]!(ok);
  await turn();
  assert.deepEqual([line.isRefused, line.acknowledged], [true, [1]]);
  intake.take(progress("a", 4, { id: 4 }));
  assert.equal(engine.inputs.length, 3);
  engine.hold = false;
  const next = intakeOf(engine, taken);
  for (const id of [2, 3]) next.intake.take(progress("a", id, { id, dup: true }));
  await turn();
  assert.deepEqual(next.line.acknowledged, [2, 3]);
});

Deno.test("Intake: what is refused for good is acknowledged, and its device not heard", async () => {
  for (const status of [403, 500] as const) {
    const { engine, line, intake } = intakeOf();
    engine.answer = { ok: false, problem: { status, title: "No", detail: "no" } };
    intake.take(progress("a", 1));
    await turn();
    assert.deepEqual([line.acknowledged, line.isRefused, engine.events], [[1], false, []]);
  }
});

Deno.test("Intake: a retained report is refused by name, a large one as too large", async () => {
  const { engine, line, intake } = intakeOf();
  intake.take(publish(`${PREFIX}/a/verify`, "{}", { id: 1, retain: true }));
  intake.take(publish(`${PREFIX}/a/verify`, undefined, { id: 2 }));
  intake.take(publish(`${PREFIX}/a/verify`, "no JSON", { id: 3 }));
  const codes = engine.inputs.map((input) =>
    input.kind === "report" && "code" in input.parsed ? input.parsed.code : undefined
  );
  assert.deepEqual(codes, ["not_allowed", "too_large", "malformed"]);
  await turn();
  assert.deepEqual(line.acknowledged, [1, 2, 3]);
});

Deno.test("Intake: a will says that its device is gone; a retained one may be years old", async () => {
  const { engine, line, intake } = intakeOf();
  intake.take(publish(`${PREFIX}/a/gone`, "whatever", { id: 1 }));
  intake.take(publish(`${PREFIX}/b/gone`, "", { id: undefined, qos: 0 }));
  intake.take(publish(`${PREFIX}/c/gone`, "", { id: 2, retain: true }));
  await turn();
  assert.deepEqual([engine.events, engine.inputs], [["left a", "left b"], []]);
  assert.deepEqual(line.acknowledged, [1, 2]);
  engine.left = () => Promise.resolve(false);
  intake.take(publish(`${PREFIX}/a/gone`, "", { id: 3 }));
  await turn();
  assert.deepEqual([line.isRefused, line.acknowledged], [true, [1, 2]]);
});

Deno.test("Intake: with QoS 0 a report is taken all the same, and nobody waits for an acknowledgement", async () => {
  const { engine, line, intake } = intakeOf();
  for (const percent of [1, 2]) intake.take(progress("a", percent, { id: undefined, qos: 0 }));
  await turn();
  assert.deepEqual([percents(engine), line.acknowledged], [[1, 2], []]);
  const packets = engine.inputs.map((input) => input.kind === "report" && input.packet);
  assert.deepEqual(packets, [undefined, undefined]);
  // They count for nobody any more.
  engine.hold = true;
  for (const id of numbers(1, 17)) intake.take(progress("a", id, { id }));
  assert.equal(engine.inputs.length, 2 + 16);
});

Deno.test("Intake: of large messages with QoS 0 only some MiB wait", async () => {
  const { engine, line, intake } = intakeOf();
  engine.hold = true;
  const large = { qos: 0, id: undefined };
  const payload = JSON.stringify({ status: "failed", reason: "x".repeat(60_000) });
  for (let n = 0; n < 1_000; n++) intake.take(publish(`${PREFIX}/a/status`, payload, large));
  assert.equal(engine.inputs.length, Math.ceil(8 * 1_048_576 / payload.length));
  intake.take(publish(`${PREFIX}/a/status`, payload, { id: 7 }));
  for (const answer of engine.waiting) answer(ok);
  await turn();
  assert.deepEqual(line.acknowledged, [7], "with QoS 1 it is taken all the same");
  intake.take(publish(`${PREFIX}/a/status`, payload, large));
  assert.equal(engine.waiting.length, engine.inputs.length, "and there is room again");
  assert.equal(engine.inputs.length, Math.ceil(8 * 1_048_576 / payload.length) + 2);
});

Deno.test("Intake: what is on no topic of a device's is acknowledged and ignored", async () => {
  const { engine, line, intake } = intakeOf();
  const topics = [
    "",
    "x",
    PREFIX,
    `${PREFIX}/a`,
    `${PREFIX}/a/`,
    `${PREFIX}/a/metadata`,
    `${PREFIX}/a/verify/x`,
    `${PREFIX}//verify`,
    `${PREFIX}/a b/verify`,
    `/other${PREFIX}/a/verify`,
    `${PREFIX}/${"a".repeat(65)}/verify`,
  ];
  for (const [index, topic] of topics.entries()) {
    intake.take(publish(topic, "{}", { id: index + 1 }));
  }
  await turn();
  assert.deepEqual([engine.inputs, engine.events], [[], []]);
  assert.deepEqual(line.acknowledged, numbers(1, topics.length));
});

Deno.test("Intake: hushed, it takes nothing more and acknowledges what the engine has", async () => {
  const { engine, line, intake } = intakeOf();
  engine.hold = true;
  for (const id of numbers(1, 17)) intake.take(progress("a", id, { id }));
  intake.hush();
  intake.take(progress("b", 1, { id: 18 }));
  for (const answer of engine.waiting) answer(ok);
  await turn();
  assert.equal(engine.inputs.length, 16, "what waited is the broker's again");
  assert.deepEqual(line.acknowledged, numbers(1, 16));
});
