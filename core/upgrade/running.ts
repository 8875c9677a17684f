/**
 * What a device says that it runs, and what is concluded about one that cannot say more: it was given all
 * of the image, and then it was silent, or asked again. Bytes that were sent are never a success.
 */
import type { FactData } from "../log/facts.ts";
import type { TaskEvent } from "./events.ts";
import type { Asked } from "./guards.ts";
import type { TaskPolicy } from "./task.ts";
import { givenBytes, noTransfer, transferOf } from "./transfer.ts";

/** What a request says that the device runs. */
export type Running = Pick<FactData<"UpdateRequested">, "current_version" | "running">;

/** What an image is known by. */
export type Known = Pick<TaskPolicy, "version" | "image" | "known_by">;

/** A request says, by version or by digest, that the device runs the image. */
export function saysNew(
  { version, image, known_by = [] }: Known,
  { current_version, running }: Running,
): boolean {
  return current_version === version ||
    running !== undefined && (running === image || known_by.includes(running));
}

/** The device says that it runs the task's version, or its image. */
export function runsNew({ context: { policy }, event }: Asked): boolean {
  return event.type === "UpdateRequested"
    ? saysNew(policy, event.data)
    : bootedIn(event) === policy.version;
}

/** The device reports that it has booted another version. */
export function runsOther({ context, event }: Asked): boolean {
  const version = bootedIn(event);
  return version !== undefined && version !== context.policy.version;
}

/** The request says what the device runs, and that is not the task's image. */
export function runsOld({ context: { policy }, event }: Asked): boolean {
  return event.type === "UpdateRequested" && saysSome(event.data) && !saysNew(policy, event.data);
}

/** The digest that the device computed over what it runs is the image's. */
export function runsImage({ context, event }: Asked): boolean {
  return event.type === "UpdateRequested" && event.data.running === context.policy.image;
}

/**
 * All bytes of the image were given out in this attempt, to a device that may be unable to say what it
 * made of them: whatever comes next, it may be that it reboots.
 */
export function isAllGiven({ context }: Asked): boolean {
  return context.policy.completion === "seen" && isWhole(context);
}

/**
 * A client that only fetches has had the time of a reboot, and runs what it ran: nobody will hear more of
 * this attempt, whatever else success needs.
 */
export function isBackUnchanged(asked: Asked): boolean {
  const { context, event } = asked;
  const { policy, reason, since } = context;
  return event.type === "UpdateRequested" && event.data.fetch_only === true &&
    policy.completion !== "seen" && reason === "gone" && isWhole(context) && runsOld(asked) &&
    event.at - since >= policy.limits_ms.rebooting;
}

/**
 * A client that only fetches would flash itself again and again: it says that it runs the image, whatever
 * else success needs, or was given all of it and never says what it runs.
 */
export function isSpared(task: Progress, said: Running): boolean {
  const { policy } = task;
  return saysNew(policy, said) ||
    policy.completion !== "seen" && !saysSome(said) && isWhole(task);
}

type Progress = Pick<Asked["context"], "policy" | "transfers" | "attempt">;

function isWhole({ policy, transfers, attempt }: Progress): boolean {
  return givenBytes(transferOf(transfers, attempt) ?? noTransfer(attempt)) >= policy.size;
}

function saysSome({ current_version, running }: Running): boolean {
  return current_version !== undefined || running !== undefined;
}

/** That the device reboots was concluded: it did not say so, nor that it has the right digest. */
export function isConcluded(
  { policy, downloadingSince }: Pick<Asked["context"], "policy" | "downloadingSince">,
): boolean {
  return policy.completion === "seen" && downloadingSince > 0;
}

/** The version that the device says to have booted. */
function bootedIn(event: TaskEvent): string | undefined {
  return event.type === "StatusReported" && event.data.status === "booted"
    ? event.data.version
    : undefined;
}
