/** Deliberate changes of decisions, and the row of a recorded log that shows each. */
import type { Change } from "../support/edited_core.ts";

/** A change and where it is seen. */
export interface ShownChange extends Change {
  /** The log. */
  readonly log: string;
  /** Its first row that is decided otherwise, or where the engine itself makes another one. */
  readonly row: number;
  /** `decided`: to decide the log again shows it; `told`: only the engine, living the story again. */
  readonly by: "decided" | "told";
}

function change(
  name: string,
  [by, log, row]: [by: ShownChange["by"], log: string, row: number],
  file: string,
  find: string,
  replace: string,
): ShownChange {
  return { name, by, log, row, edits: [{ file, find, replace }] };
}

export const changes: readonly ShownChange[] = [
  change(
    "a reboot that nobody hears of is a failure",
    ["decided", "installs_that_end_in_silence", 16],
    "upgrade/machine.ts",
    'target: "lost",',
    'target: "failed",',
  ),
  change(
    "the table of the machine leaves the guards out",
    ["decided", "upgrade", 11],
    "upgrade/table.ts",
    "mayTake: guard === undefined ? () => true : asked(guard),",
    "mayTake: () => true,",
  ),
  change(
    "that no retries are left is not told",
    ["decided", "three_retries_then_failed", 20],
    "upgrade/transitions.ts",
    '{ target: "failed", actions: [enter(reason), "sendFailed"] },',
    '{ target: "failed", actions: [enter(reason)] },',
  ),
  change(
    "one retry more",
    ["decided", "downloads_that_stop", 16],
    "upgrade/guards.ts",
    "return context.attempt < maxAttempts(context.policy);",
    "return context.attempt <= maxAttempts(context.policy);",
  ),
  change(
    "progress is worth a fact from 30 % on",
    ["decided", "upgrade", 11],
    "protocol/limits.ts",
    "export const PROGRESS_STEP_BP = 500;",
    "export const PROGRESS_STEP_BP = 3_000;",
  ),
  change(
    "limits last a minute longer",
    ["decided", "offers_that_nobody_answers", 9],
    "upgrade/deadline.ts",
    "return { due: start + limitMs, limitMs };",
    "return { due: start + limitMs + 60_000, limitMs };",
  ),
  change(
    "a pause is time of the download",
    ["decided", "a_pause_is_no_time_of_a_download", 12],
    "upgrade/assigns.ts",
    "return { downloadingSince: downloadingSince && downloadingSince + (event.at - since) };",
    "return { downloadingSince };",
  ),
  change(
    "a device that listens is offered nothing before it asks",
    ["decided", "upgrade", 8],
    "device/fold.ts",
    'if (fact.data.contact === "listening") this.#activateNext(fact.at);',
    "",
  ),
  change(
    "what is pointless when it is queued stays in the queue",
    ["decided", "superseded_by_what_came_before", 15],
    "device/fold.ts",
    "if (this.#moves.length > 0) this.#supersede(fact.at);",
    "",
  ),
  change(
    "last come, first served",
    ["decided", "a_queue_in_its_order", 16],
    "device/queue.ts",
    "a.policy.number - b.policy.number",
    "b.policy.number - a.policy.number",
  ),
  change(
    "what is owed lapses after a day",
    ["decided", "messages_that_lapse", 11],
    "protocol/limits.ts",
    "export const OWED_FOR_MS = 7 * 86_400_000;",
    "export const OWED_FOR_MS = 86_400_000;",
  ),
  change(
    "bytes that were fetched again count twice",
    ["decided", "fetched_twice", 11],
    "upgrade/transfer.ts",
    "sum + bytes - repeated",
    "sum + bytes",
  ),
  change(
    "what was given out before counts for every attempt",
    ["decided", "came_back_with_the_old_image", 15],
    "upgrade/transfer.ts",
    "return bytes - repeated + anew;",
    "return bytes - repeated;",
  ),
  change(
    "bytes that were given out are a success",
    ["decided", "seen_by_its_next_check", 11],
    "upgrade/concluded.ts",
    'const reboots = { target: "rebooting", actions: ["excuse", enter()] } as const;',
    'const reboots = { target: "succeeded", actions: [enter(), "sendSuccess"] } as const;',
  ),
  change(
    "who only fetches waits for a digest",
    ["told", "seen_by_its_next_check", 8],
    "upgrade/policy.ts",
    '(target.isFetchOnly ? "seen" : "verified")',
    '"verified"',
  ),
  change(
    "an older message stays owed beside the newer one",
    ["told", "messages_until_they_are_delivered", 14],
    "device/owed.ts",
    "owed = [...owed.filter((o) => o.task !== task), { task, kind, attempt, at }];",
    "owed = [...owed, { task, kind, attempt, at }];",
  ),
  change(
    "an install may be cancelled",
    ["told", "nothing_disturbs_an_install", 11],
    "upgrade/machine.ts",
    "installing: {\n      on: {\n        ...revokes,",
    "installing: {\n      on: {\n        ...cancels,\n        ...revokes,",
  ),
  change(
    "an install may take forty minutes",
    ["told", "upgrade", 7],
    "upgrade/policy.ts",
    "installing: 30 * MINUTE_S,",
    "installing: 40 * MINUTE_S,",
  ),
  change(
    "a report of an earlier attempt counts",
    ["told", "repeated_reports", 10],
    "device/interpret.ts",
    "if (attempt !== undefined && attempt < found.attempt || isRightAgain(found, report)) {",
    "if (isRightAgain(found, report)) {",
  ),
];
