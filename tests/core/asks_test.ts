/** What a device may ask for over MQTT: payloads, and what they mean to its task. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { DIGESTS_MAX, parseAsk, PART_BYTES_MAX, PARTS_MAX } from "../../core/mod.ts";
import type { AskKind, Task } from "../../core/mod.ts";
import { judgeAsk } from "../../core/device/asked.ts";
import type { Device } from "../../core/device/state.ts";
import { given, on, queued, SIZE, TASK } from "./support/given.ts";

const PART = "chunk/request";
const DIGESTS = "chunks/request";

function parse(kind: AskKind, payload: unknown) {
  const text = typeof payload === "string" ? payload : JSON.stringify(payload);
  return parseAsk(kind, new TextEncoder().encode(text));
}

const malformed: [kind: AskKind, payload: unknown, reason: RegExp][] = [
  [PART, "", /^The payload is not acceptable JSON/],
  [PART, "{}", /^the payload: must have either offset and length, or parts$/],
  [PART, "[[0,256]]", /^the payload: /],
  [PART, "7", /^the payload: /],
  [PART, { offset: 0 }, /must have either/],
  [PART, { length: 256 }, /must have either/],
  [PART, { offset: 0, length: 256, parts: [[0, 256]] }, /must have either/],
  [PART, { length: 256, parts: [[0, 256]] }, /must have either/],
  [PART, { parts: [] }, /^parts: /],
  [PART, { parts: 7 }, /^parts: /],
  [PART, { parts: [7] }, /^parts\.0: /],
  [PART, { parts: [[0]] }, /^parts\.0/],
  [PART, { parts: [[0, 256, 1]] }, /^parts\.0: /],
  [PART, { parts: [[0, 256], [256, null]] }, /^parts\.1\.1: /],
  [PART, { offset: "0", length: 256 }, /^offset: /],
  [PART, { offset: 0, length: true }, /^length: /],
  [PART, '{"offset":NaN,"length":256}', /acceptable JSON/],
  [PART, '{"offset":0,"length":256,"__proto__":{}}', /acceptable JSON/],
  [PART, '{"parts":[{"__proto__":[0,256]}]}', /acceptable JSON/],
  [PART, { offset: 0, length: 256, task_id: "../x" }, /^task_id: /],
  [PART, { offset: 0, length: 256, task_id: 7 }, /^task_id: /],
  [DIGESTS, "{}", /^from: /],
  [DIGESTS, { from: 0 }, /^count: /],
  [DIGESTS, { count: 1 }, /^from: /],
  [DIGESTS, { from: "0", count: 1 }, /^from: /],
  [DIGESTS, { from: 0, count: null }, /^count: /],
  [DIGESTS, '{"from":0,"count":1,"__proto__":null}', /acceptable JSON/],
];

for (const [kind, payload, reason] of malformed) {
  Deno.test(`parseAsk() refuses ${kind} ${JSON.stringify(payload)} in a sentence`, () => {
    const parsed = parse(kind, payload);
    assert.ok("code" in parsed);
    assert.equal(parsed.code, "malformed");
    assert.match(parsed.reason, reason);
    assert.ok(parsed.reason.length <= 200);
  });
}

Deno.test("parseAsk() ignores members that it does not know, and takes what it does not need", () => {
  assert.deepEqual(parse(PART, { offset: 0, length: 256, fast: true, id: "x" }), {
    kind: PART,
    body: { offset: 0, length: 256 },
  });
  assert.deepEqual(parse(DIGESTS, { task_id: TASK, from: 1, count: 2, size: 4 }), {
    kind: DIGESTS,
    body: { task_id: TASK, from: 1, count: 2 },
  });
});

Deno.test("parseAsk() refuses what is too large, and what is no text", () => {
  for (const kind of [PART, DIGESTS] as const) {
    const large = parseAsk(kind, new TextEncoder().encode(" ".repeat(65_537)));
    assert.equal("code" in large && large.code, "too_large");
    const binary = parseAsk(kind, Uint8Array.of(0xff, 0xfe));
    assert.match("code" in binary ? binary.reason : "", /UTF-8/);
  }
});

Deno.test("parseAsk() never throws, whatever comes (I17)", () => {
  const kinds = fc.constantFrom<AskKind>(PART, DIGESTS);
  fc.assert(fc.property(kinds, fc.uint8Array({ maxLength: 200 }), (kind, bytes) => {
    parseAsk(kind, bytes);
  }));
  fc.assert(fc.property(kinds, fc.json(), (kind, text) => void parse(kind, text)));
});

/** A device with this task in hand; its chunks have 4 KiB. */
function having(task: Task): Device {
  const [tasks, ended] = task.state === "cancelled" ? [[], [task]] : [[task], []];
  return { tasks, ended } as unknown as Device;
}

const downloading = given(queued({ size: SIZE }), on.turn(1), on.fetch(2));

/** What the ask leads to, as one line. */
function judged(kind: AskKind, payload: unknown, task = downloading): string {
  const ask = parse(kind, payload);
  assert.ok(!("code" in ask), JSON.stringify(ask));
  const asked = judgeAsk(having(task), ask);
  if ("code" in asked) return `${asked.code}: ${asked.reason}`;
  assert.equal(asked.task, task);
  return asked.wanted.map((one) =>
    one.kind === "part"
      ? `${one.start}-${one.end}`
      : `${one.count} from ${one.from} of ${one.chunkBytes}`
  ).join(" ");
}

const bytes = `out_of_range: An offset is 0 to ${SIZE - 1}, whole.`;
const length = "out_of_range: A part has 256 to 131072 bytes; fewer only at the end of the image.";
const many = Array.from({ length: PARTS_MAX + 1 }, (_, n) => [n * 256, 256]);

const parts: [what: string, payload: unknown, expected: string][] = [
  ["one part", { offset: 0, length: 256 }, "0-256"],
  ["its task named", { task_id: TASK, offset: 5, length: 4_096 }, "5-4101"],
  ["several, in their order", { parts: [[512, 256], [0, 512]] }, "512-768 0-512"],
  [
    "as many as there may be",
    { parts: many.slice(1) },
    many.slice(1).map(([at]) => `${at}-${at! + 256}`).join(" "),
  ],
  ["one too many", { parts: many }, "out_of_range: Ask for at most 32 parts."],
  ["255 bytes", { offset: 0, length: 255 }, length],
  ["no bytes", { offset: 0, length: 0 }, length],
  ["no bytes at the last one", { offset: SIZE - 1, length: 0 }, length],
  ["fewer than none", { offset: 0, length: -256 }, length],
  ["half a byte", { offset: 0, length: 256.5 }, length],
  ["the largest part", { offset: 0, length: PART_BYTES_MAX }, `0-${SIZE}`],
  ["a byte more", { offset: 0, length: PART_BYTES_MAX + 1 }, length],
  ["2^53 bytes", { offset: 0, length: 2 ** 53 }, length],
  ["endless bytes", '{"offset":0,"length":1e999}', length],
  ["endless bytes in a list", '{"parts":[[0,1e999]]}', length],
  ["the end", { offset: SIZE - 10, length: 10 }, `${SIZE - 10}-${SIZE}`],
  ["past the end", { offset: SIZE - 10, length: 256 }, `${SIZE - 10}-${SIZE}`],
  ["a few bytes past the end", { offset: SIZE - 10, length: 11 }, `${SIZE - 10}-${SIZE}`],
  ["a few bytes before the end", { offset: SIZE - 10, length: 9 }, length],
  ["from the end on", { offset: SIZE, length: 256 }, bytes],
  ["from behind it", { offset: SIZE + 1, length: 256 }, bytes],
  ["from before the start", { offset: -1, length: 256 }, bytes],
  ["from the middle of a byte", { offset: 0.5, length: 256 }, bytes],
  ["from nowhere", '{"offset":1e999,"length":256}', bytes],
  ["from nowhere in a list", '{"parts":[[0,256],[-1e999,256]]}', bytes],
  ["from less than nothing", '{"offset":-0,"length":256}', "0-256"],
  ["one that is wrong among others", { parts: [[0, 256], [256, 255]] }, length],
  [
    "another task",
    { task_id: "OTA_20230801_002", offset: 0, length: 256 },
    "unknown_task: This device has no task OTA_20230801_002.",
  ],
];

Deno.test("parseAsk() looks at no more parts than show that there are too many", () => {
  const ask = parse(PART, `{"parts":[${"[0,256],".repeat(8_000)}7]}`);
  assert.ok(!("code" in ask) && ask.kind === "chunk/request");
  assert.equal(ask.body.parts?.length, 33);
});

for (const [what, payload, expected] of parts) {
  Deno.test(`judgeAsk() of ${what}`, () => assert.equal(judged(PART, payload), expected));
}

const chunks = "out_of_range: Chunks are numbered 0 to 24: ask from one of them on.";
const count = "out_of_range: Ask for 1 to 256 digests.";

const digests: [what: string, payload: unknown, expected: string][] = [
  ["one", { from: 0, count: 1 }, "1 from 0 of 4096"],
  ["the last", { task_id: TASK, from: 24, count: 1 }, "1 from 24 of 4096"],
  ["all, and more", { from: 0, count: DIGESTS_MAX }, "25 from 0 of 4096"],
  ["past the last", { from: 20, count: 6 }, "5 from 20 of 4096"],
  ["behind the last", { from: 25, count: 1 }, chunks],
  ["before the first", { from: -1, count: 1 }, chunks],
  ["the middle of one", { from: 0.5, count: 1 }, chunks],
  ["an endless one", '{"from":1e999,"count":1}', chunks],
  ["one too many", { from: 0, count: DIGESTS_MAX + 1 }, count],
  ["none", { from: 0, count: 0 }, count],
  ["fewer than none", { from: 0, count: -1 }, count],
  ["half of one", { from: 0, count: 0.5 }, count],
  ["endlessly many", '{"from":0,"count":1e999}', count],
];

for (const [what, payload, expected] of digests) {
  Deno.test(`judgeAsk() of the digests of ${what}`, () =>
    assert.equal(judged(DIGESTS, payload), expected));
}

Deno.test("judgeAsk() gives nothing of a task that waits, or has ended, nor without one", () => {
  const waiting = queued({ size: SIZE });
  const ended = given(downloading, on.cancel(3));
  for (
    const [kind, payload] of [[PART, { offset: 0, length: 256 }], [DIGESTS, {
      from: 0,
      count: 1,
    }]] as const
  ) {
    const named = { ...payload, task_id: TASK };
    assert.match(judged(kind, named, waiting), /^wrong_phase: The task waits for its turn; /);
    assert.equal(judged(kind, payload, waiting), "no_task: This device has no active task.");
    assert.equal(judged(kind, named, ended), "ended: The task has ended: cancelled.");
    assert.equal(judged(kind, payload, ended), "no_task: This device has no active task.");
  }
});

Deno.test("judgeAsk() gives what lies within the image and within the bounds, and nothing else", () => {
  const any = fc.oneof(
    fc.integer({ min: -300, max: SIZE + 300 }),
    fc.constantFrom(0, 255, 256, 257, SIZE - 1, SIZE, PART_BYTES_MAX, PART_BYTES_MAX + 1),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
  );
  const list = fc.array(fc.tuple(any, any), { minLength: 1, maxLength: PARTS_MAX + 2 });
  fc.assert(fc.property(list, (parts) => {
    const ask = parse(PART, { parts });
    assert.ok("body" in ask);
    const asked = judgeAsk(having(downloading), ask);
    const isFine = parts.length <= PARTS_MAX &&
      parts.every(([from, count]) =>
        Number.isInteger(from) && from >= 0 && from < SIZE && Number.isInteger(count) &&
        count <= PART_BYTES_MAX && count >= Math.min(256, SIZE - from)
      );
    assert.equal(!("code" in asked), isFine);
    if ("code" in asked) return;
    for (const [index, one] of asked.wanted.entries()) {
      assert.ok(one.kind === "part" && one.end > one.start && one.end <= SIZE);
      assert.ok(one.start === parts[index]![0] && one.end - one.start <= parts[index]![1]);
    }
  }));
});
