/**
 * A device's history for a person, told from recorded outcomes only: what was decided is read, never
 * decided again. One item for each change, each with exactly one reason.
 */
import { personalIn } from "../log/mod.ts";
import type {
  DeviceFact,
  Effect,
  FactData,
  FactOf,
  Move,
  RowHeader,
  SealedRow,
} from "../log/mod.ts";
import type { RecommendationReason } from "../network/mod.ts";
import type { RejectedCode, Transport } from "../protocol/mod.ts";
import type { Reason } from "../upgrade/reasons.ts";
import { maxAttempts } from "../upgrade/task.ts";
import type { TaskPolicy, TaskStateName } from "../upgrade/task.ts";
import {
  becauseOf,
  durationText,
  isNow,
  percentText,
  recommendedBecause,
  refusedBecause,
  transportNames,
} from "./explain_words.ts";
import type { Cause } from "./explain_words.ts";
import { timeText } from "./views.ts";

/** A change of a device, or of one of its tasks. */
export interface Change {
  /** The row that it stands in. */
  readonly seq: number;
  /** When, RFC 3339 in UTC. */
  readonly at: string;
  /** `operator:{label}`, `device:{id}` or `engine`. */
  readonly actor: string;
  /** The task that moved, or that the refused report was about. */
  readonly task_id?: string;
  /** The state before it; none when a task or the device begins. */
  readonly from?: string;
  /** The state after it; none where no state changes. */
  readonly to?: string;
  /** The attempt after it, from 1. */
  readonly attempt?: number;
  /** A word of a fixed list. */
  readonly reason: string;
  /** One sentence, with the numbers that matter. */
  readonly text: string;
}

/** The frozen policy of a task, for the numbers in the text. */
export type PolicyOf = (task: string) => TaskPolicy | undefined;

/** The tasks that moved in a row. */
export function movedTasks(row: SealedRow): string[] {
  return headerOf(row).outcome.moves.map(({ task }) => task);
}

/** What a row of a device's stream changed; nothing for a row that only takes note. */
export function changesOf(row: SealedRow, policyOf: PolicyOf): Change[] {
  const header = headerOf(row);
  const { seq, at, actor, type, task, outcome } = header;
  const place = { seq, at: timeText(at), actor };
  const personal = personalIn(row.personal);
  const fact = { type, at, actor, task, data: JSON.parse(row.data), personal } as DeviceFact;
  const own = fact.type === "NetworkMeasured"
    ? networkChange(fact, outcome.effects)
    : ownChange(fact);
  return [
    ...(own ? [{ ...place, ...own }] : []),
    ...outcome.moves.map((move) => ({ ...place, ...moveChange(fact, move, policyOf) })),
  ];
}

type MeasuredQuality = FactData<"NetworkMeasured">["http"];
type Told = Omit<Change, "seq" | "at" | "actor">;

/** What a fact changes that is no task. */
function ownChange(fact: DeviceFact): Told | undefined {
  switch (fact.type) {
    case "DeviceRegistered":
      return { to: "registered", reason: "registered", text: "The device was registered." };
    case "DeviceRevoked":
      return {
        from: "registered",
        to: "revoked",
        reason: "device_revoked",
        text: "The device was revoked.",
      };
    case "TokenIssued": {
      const { overlap_ms } = fact.data;
      const older = overlap_ms > 0
        ? `any before it is valid for ${durationText(overlap_ms)} more`
        : "it takes the place of any before it";
      return { reason: "token_issued", text: `A token was made; ${older}.` };
    }
    case "DataErased": {
      const { rows } = fact.data;
      const text = `Personal data was taken out of ${rows === 1 ? "1 row" : `${rows} rows`}.`;
      return { reason: "data_erased", text };
    }
    case "ReportRejected": {
      const { code, report, left_out } = fact.data;
      const why = refusedBecause[code as RejectedCode] ?? code;
      const others = left_out > 0 ? ` (${left_out} more were refused before it)` : "";
      const text = `A ${report} report was refused: ${why}${others}.`;
      return { ...(fact.task ? { task_id: fact.task } : {}), reason: code, text };
    }
    default:
      return undefined;
  }
}

/** What was recommended stands in the outcome, what it rests on in the fact. */
function networkChange(
  { task, data }: FactOf<"NetworkMeasured">,
  effects: readonly Effect[],
): Told | undefined {
  const { transport, reason } = effects.find(({ type }) => type === "sendTransport") ?? {};
  if (!transport || !reason) return undefined;
  const name = transportNames[transport];
  const headline = reason === "adjusted"
    ? `Bytes had better go by ${name} in other chunks`
    : `Bytes had better go by ${name} from here on`;
  const why = recommendedBecause[reason as RecommendationReason] ?? reason;
  const measured = (["http", "mqtt"] as const).map((by) => measuredText(by, data[by])).join(", ");
  const text = `${headline}: ${why} (${measured}).`;
  return { ...(task ? { task_id: task } : {}), reason, text };
}

function measuredText(by: Transport, { bytes_per_s, trust }: MeasuredQuality): string {
  const speed = bytes_per_s === undefined
    ? "not measured"
    : `${Math.floor(bytes_per_s / 1_024)} KiB/s`;
  return `${transportNames[by]}: ${speed}, trusted ${Math.floor(trust / 10)} %`;
}

function moveChange(fact: DeviceFact, move: Move, policyOf: PolicyOf): Told {
  const { task, from, to, attempt } = move;
  const policy = policyOf(task);
  // A fact about one task may give another its turn: its words and numbers are not that one's.
  const own = fact.task === undefined || fact.task === task ? fact : undefined;
  const reason = (move.reason as Reason | undefined) ?? (own ? causeOf(own, move) : "its_turn");
  const text = `${headline(move, policy)}: ${because(reason, own, policy)}.`;
  return { task_id: task, ...(from === null ? {} : { from }), to, attempt, reason, text };
}

/** What a task became; of a spent attempt and of an end, which attempt of how many. */
function headline({ from, to, attempt, reason }: Move, policy: TaskPolicy | undefined): string {
  const of = policy ? ` of ${maxAttempts(policy)}` : "";
  if (to === "retrying" && reason !== undefined) return `Attempt ${attempt - 1}${of} was spent`;
  if (to === "failed" || to === "timed_out") {
    return `${isNow[to]} at attempt ${attempt}${of}`;
  }
  const version = from === null && policy ? ` ${policy.version}` : "";
  return `${isNow[to as TaskStateName] ?? to}${version}`;
}

function because(reason: Reason | Cause, fact?: DeviceFact, policy?: TaskPolicy): string {
  const clause = becauseOf[reason] ?? reason;
  switch (fact?.type) {
    case "TaskQueued": {
      const { priority, retries } = fact.data;
      const tries = `${retries} ${retries === 1 ? "retry" : "retries"}`;
      return reason === "ordered" ? `${clause} with priority ${priority} and ${tries}` : clause;
    }
    case "ChunkFailed":
      return reason === "bad_chunks" ? badChunks(fact.data.bad_chunks) : clause;
    case "ProgressReported":
      return policy ? `${clause} (${percentText(fact.data.received, policy.size)})` : clause;
    case "DeadlinePassed": {
      const limitMs = policy && limitOf(reason, fact.data.state, policy);
      return limitMs ? `${clause} (the limit is ${durationText(limitMs)})` : clause;
    }
    case "StatusReported": {
      const { data: { delay_ms }, personal: { reason: said } = {} } = fact;
      const delay = reason === "deferred" && delay_ms ? ` of ${durationText(delay_ms)}` : "";
      return `${clause}${delay}${said === undefined ? "" : `, and said ${JSON.stringify(said)}`}`;
    }
    default:
      return clause;
  }
}

function badChunks(chunks: readonly number[]): string {
  const { size } = new Set(chunks);
  return size === 1 ? "1 chunk did not match" : `${size} chunks did not match`;
}

/** The limit that passed. */
function limitOf(reason: Reason | Cause, state: string, policy: TaskPolicy): number | undefined {
  if (reason === "expired") return policy.expires_in_ms;
  if (reason === "delay_over" || reason === "all_given") return undefined;
  const { limits_ms } = policy;
  if (reason === "too_slow") return limits_ms.downloading_total;
  return Object.hasOwn(limits_ms, state) ? limits_ms[state as keyof typeof limits_ms] : undefined;
}

/** The word of the fact that caused a move without a reason of its own. */
function causeOf(fact: DeviceFact, { from, to }: Move): Cause {
  switch (fact.type) {
    case "TaskQueued":
      return from === null ? "ordered" : "its_turn";
    case "UpdateRequested":
      if (to === "rebooting") return "all_given";
      return to === "succeeded" ? "new_version_runs" : "device_asked";
    case "ContactChanged":
      return to === "rebooting" ? "all_given" : "device_listens";
    case "ArtifactRequested":
      return "download_began";
    case "ProgressReported":
      return to === "verifying" ? "all_stored" : "progress";
    case "ChunkFailed":
    case "DigestReported":
      return "digest_right";
    case "StatusReported":
      return statusCause(to);
    case "DeadlinePassed":
      if (from === "rebooting") return "reboot_over";
      return to === "rebooting" ? "all_given" : "delay_over";
    default:
      return "its_turn";
  }
}

function statusCause(to: string): Cause {
  switch (to) {
    case "installing":
      return "device_installs";
    case "rebooting":
      return "device_reboots";
    case "confirming":
      return "device_booted";
    case "succeeded":
      return "new_version_runs";
    default:
      return "its_turn";
  }
}

function headerOf({ bytes }: SealedRow): RowHeader {
  return JSON.parse(bytes);
}
