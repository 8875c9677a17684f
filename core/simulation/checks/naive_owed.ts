/**
 * What a device is owed by the rows alone: for its active, its last preempted and its last ended task
 * the newest message each, until it is delivered, replaced, lapsed, or the device is revoked.
 */
import type { Effect, Fact } from "../../log/mod.ts";
import type { NaiveDevice, NaiveTask } from "./naive_state.ts";
import { isBusy, isOwed, isWait } from "./words.ts";

/** After so long nobody needs to hear it any more. */
const LAPSE_MS = 7 * 86_400_000;

/** A message that is owed. */
export interface NaiveOwed {
  readonly task: string;
  readonly kind: string;
  readonly attempt: number;
  /** Engine time. */
  readonly at: number;
}

/** The kind of message that an effect sends: `sendRetry` sends `retry`. */
export function kindOf({ type }: Effect): string {
  return type.slice("send".length).toLowerCase();
}

/** Notes what a row adds and takes away; the device's tasks are as they are after the row. */
export function noteOwed(device: NaiveDevice, fact: Fact, effects: readonly Effect[]): void {
  const { owed } = device;
  if (fact.type === "MessageDelivered") {
    const one = owed.get(fact.task ?? "");
    if (one?.kind === fact.data.kind && one.attempt === fact.data.attempt) owed.delete(one.task);
  }
  for (const effect of effects) {
    const [kind, task] = [kindOf(effect), effect.task];
    if (!isOwed(kind) || task === undefined) continue;
    // The last one sent is the last of the list.
    owed.delete(task);
    owed.set(task, { task, kind, attempt: attemptOf(device, task), at: fact.at });
  }
  for (const one of owed.values()) {
    const isOver = hasLapsed(one, fact.at) || device.isRevoked || !speaks(device, one.task);
    if (isOver || isKnown(device, one)) owed.delete(one.task);
  }
}

/** Whether it is owed no longer. */
export function hasLapsed({ at }: NaiveOwed, now: number): boolean {
  return now >= at + LAPSE_MS;
}

function attemptOf({ open, ended }: NaiveDevice, id: string): number {
  return (open.find((task) => task.id === id) ?? ended.get(id))?.attempt ?? 0;
}

/** Whoever installs knows that it was to go on. */
function isKnown({ open }: NaiveDevice, { task, kind }: NaiveOwed): boolean {
  const { state = "" } = open.find(({ id }) => id === task) ?? {};
  return kind === "verified" && ["installing", "rebooting", "confirming"].includes(state);
}

/** Whether the device is still told about the task. */
function speaks(device: NaiveDevice, id: string): boolean {
  const task = device.open.find((task) => task.id === id);
  if (task) return isBusy(task.state) || task === lastPreempted(device);
  // What a success made pointless ended together with it.
  return device.ended.get(id)?.since === device.lastEnded?.since;
}

/** The task that had to yield last; of two at once, the one that goes first. */
function lastPreempted({ open }: NaiveDevice): NaiveTask | undefined {
  let last: NaiveTask | undefined;
  for (const task of open) {
    if (!isWait(task.state) || task.reason !== "preempted") continue;
    if (!last || task.since > last.since) last = task;
  }
  return last;
}
