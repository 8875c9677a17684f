/**
 * What a device says that it runs, and what is concluded about one that cannot say more (DESIGN §2, `seen`),
 * once more and by the rows alone.
 */
import type { Fact, FactOf, Move } from "../../log/mod.ts";
import type { TaskView } from "./passing.ts";
import type { NaiveDevice, NaiveTask } from "./naive_state.ts";
import { isBusy } from "./words.ts";

/** What it says. */
export type Said = Pick<FactOf<"UpdateRequested">["data"], "current_version" | "running">;
type Policy = NaiveTask["policy"];

/** It runs the task's image, by its version or by one of its digests. */
export function saysNew({ version, image, known_by }: Policy, said: Said): boolean {
  const digests: (string | undefined)[] = [image, ...known_by ?? []];
  const isKnown = said.running !== undefined && digests.includes(said.running);
  return isKnown || said.current_version === version;
}

/** It runs something else. */
export function saysOld(policy: Policy, said: Said): boolean {
  const saysSome = said.current_version !== undefined || said.running !== undefined;
  return saysSome && !saysNew(policy, said);
}

/** Whether a client that only fetches is to have the image of a task in that state. */
export function mustFetch(view: TaskView, task: NaiveTask, said: Said): boolean {
  const { state, attempt, isVerified } = view;
  const { policy, given } = task;
  if (saysNew(policy, said)) return false;
  const isQuiet = said.current_version === undefined && said.running === undefined;
  const hasAll = given.attempt === attempt && given.bytes >= policy.size;
  if (isQuiet && hasAll && policy.completion !== "seen") return false;
  const isOpen = ["offered", "downloading", "paused", "retrying", "verifying"].includes(state);
  return isOpen || state === "rebooting" && policy.completion === "seen" && !isVerified;
}

/** Settles what was left open when the task was queued, as its device turned out to only fetch. */
export function settle(task: NaiveTask): void {
  const { or_seen, ...policy } = task.policy;
  if (!or_seen || task.wasOffered) return;
  const limits_ms = { ...policy.limits_ms, confirming: or_seen.confirming_ms };
  task.policy = { ...policy, completion: "seen", limits_ms };
}

/** Notes what a row says was given out for the task in hand; the row's moves are not taken yet. */
export function noteGiven(device: NaiveDevice, { data }: Fact): void {
  const task = device.open.find(({ state }) => isBusy(state));
  if (!task || !("transfer" in data) || !data.transfer) return;
  const { bytes, repeated, anew = 0 } = data.transfer;
  task.given = { attempt: task.attempt, bytes: bytes - repeated + anew };
}

/** Whether all of the image was given out in the attempt that the move ends or goes on with. */
export function wasAllGiven(
  { policy, given }: Pick<NaiveTask, "policy" | "given">,
  { attempt, to }: Move,
): boolean {
  const before = to === "retrying" ? attempt - 1 : attempt;
  return (given.attempt === before ? given.bytes : 0) >= policy.size;
}
