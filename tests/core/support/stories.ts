/** Stories on a bench: orders, the ways of a device into every state, and what the log says of it. */
import assert from "node:assert/strict";
import { activeStates, isDivergence, Replay } from "../../../core/mod.ts";
import type { Message, Outcome, ReportKind, Task } from "../../../core/mod.ts";
import type { ActiveState } from "../../../core/upgrade/task.ts";
import { addFirmware, settle, sha256 } from "./bench_engine.ts";
import type { Bench } from "./bench_engine.ts";
import { IMAGE, OTHER, SIZE } from "./given.ts";

/** The device of most stories. */
export const PUMP = "pump-7";

/** The image that a version names on this bench. */
export function imageOf(version: string): string {
  return version === "2.0.0" ? IMAGE : `sha256:${sha256(new TextEncoder().encode(version))}`;
}

/** Orders the version for `pump-7`; the id of the task, or the problem's status. */
export async function tryOrder(b: Bench, version: string, more = {}): Promise<string | number> {
  await addFirmware(b, version, imageOf(version).slice(7));
  const image = { firmware_version: version, checksum: imageOf(version) };
  const answer = await b.upgrade(PUMP, { ...image, ...more });
  if (!answer.ok) return answer.problem.status;
  return answer.result?.type === "task" ? answer.result.task : "";
}

/** Orders the version for `pump-7`, which must be taken; the id of the task. */
export async function order(b: Bench, version = "2.0.0", more = {}): Promise<string> {
  const id = await tryOrder(b, version, more);
  assert.ok(typeof id === "string", `the order of ${version} was refused: ${id}`);
  return id;
}

/** The device begins to listen. */
export async function listen(b: Bench): Promise<void> {
  b.engine.connected(PUMP, "c1");
  await b.engine.listening(PUMP, "c1", true);
  await settle();
}

/** The task as the read model has it. */
export function taskOf(b: Bench, id: string): Task {
  const task = b.store.tasks.get(id);
  assert.ok(task, `there is no task ${id}`);
  return task;
}

/** `state #attempt reason` */
export function at(b: Bench, id: string): string {
  const { state, attempt, reason } = taskOf(b, id);
  return `${state} #${attempt}${reason ? ` ${reason}` : ""}`;
}

/** What the device says in turn. */
export type Said = readonly [kind: ReportKind, payload: unknown];

/** The device says one thing after the other; what it was answered last, as `kind payload`. */
export async function says(b: Bench, ...reports: Said[]): Promise<readonly Message[]> {
  let answer: readonly Message[] = [];
  for (const [kind, payload] of reports) answer = await b.report(PUMP, kind, payload);
  return answer;
}

/** The kinds of messages; of a refusal its code. */
export function kinds(messages: readonly Message[]): string {
  return messages.map((m) => m.kind === "rejected" ? m.payload.code : m.kind).join(" ");
}

/** What was sent since, as `kind task reason`. */
export function told(b: Bench): string[] {
  return b.sent.splice(0).map(({ message: { kind, payload } }) =>
    [kind, "task_id" in payload && payload.task_id, "reason" in payload && payload.reason]
      .filter(Boolean).join(" ")
  );
}

/** Progress of a few bytes every so often; the device is there all the time. */
export async function trickle(
  b: Bench,
  everyMs: number,
  times: number,
  from = 50_000,
): Promise<void> {
  for (let n = 1; n <= times; n++) {
    await b.clock.pass(everyMs);
    await says(b, ["progress", { received: from + n }]);
  }
}

const half: Said = ["progress", { received: SIZE * 2 / 5 }];
const stored: Said = ["progress", { received: SIZE }];

/** How a device comes from the offer of an image into each state, where `booted` completes it. */
export function wayTo(state: ActiveState, image: string): readonly Said[] {
  const verified: Said = ["verify", { checksum: image }];
  const status = (status: string): Said => ["status", { status }];
  const ways: Readonly<Record<ActiveState, readonly Said[]>> = {
    offered: [],
    downloading: [half],
    paused: [half, status("deferred")],
    retrying: [half, status("failed")],
    verifying: [["verify", { checksum: OTHER }], stored],
    awaiting_install: [verified],
    installing: [verified, status("installing")],
    rebooting: [verified, status("installing"), status("rebooting")],
    confirming: [verified, status("rebooting"), status("booted")],
  };
  return ways[state];
}

/** The facts of the log with what was decided on them. */
export interface Decided {
  readonly type: string;
  readonly actor: string;
  readonly stream: string;
  readonly task?: string;
  readonly data: Readonly<Record<string, unknown>>;
  readonly outcome: Outcome;
}

/** Every row, parsed, oldest first. */
export function rowsOf(b: Bench): Decided[] {
  return b.store.rows.map(({ bytes, data }) => ({ ...JSON.parse(bytes), data: JSON.parse(data) }));
}

/** How the task went: every state it was in, in order. */
export function pathOf(b: Bench, id: string): string {
  const moves = rowsOf(b).flatMap(({ outcome }) => outcome.moves);
  return moves.filter(({ task }) => task === id).map(({ to }) => to).join(" ");
}

/** The most tasks of one device that are active after any move of the log (I1). */
export function activeAtEveryPrefix(rows: readonly Decided[]): number {
  const active = new Map<string, Set<string>>();
  let most = 0;
  for (const { stream, outcome } of rows) {
    const tasks = active.get(stream) ?? new Set();
    active.set(stream, tasks);
    for (const { task, to } of outcome.moves) {
      if (activeStates.some((state) => state === to)) tasks.add(task);
      else tasks.delete(task);
      most = Math.max(most, tasks.size);
    }
  }
  return most;
}

/** Every row decides the same again, and what it leads to is what the store has. */
export function assertReplays(b: Bench): void {
  const replay = new Replay(sha256);
  const devices = new Map();
  for (const row of b.store.rows) {
    const taken = replay.take(row);
    assert.ok(!isDivergence(taken), JSON.stringify(taken));
    if (taken.device) devices.set(taken.device.id, taken.device);
  }
  assert.deepEqual(devices, b.store.devices);
}

/** Numbers from 0 to 1 that a seed gives again and again (mulberry32). */
export function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = state + 0x6d2b79f5 | 0;
    let t = Math.imul(state ^ state >>> 15, 1 | state);
    t = t + Math.imul(t ^ t >>> 7, 61 | t) ^ t;
    return ((t ^ t >>> 14) >>> 0) / 4_294_967_296;
  };
}
