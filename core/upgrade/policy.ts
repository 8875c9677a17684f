/** The policy of a task: an operator's wishes and the defaults of DESIGN §2, frozen together. */
import type { Completion, RequestUpgrade } from "../protocol/mod.ts";
import { LIFECYCLE_VERSION } from "./machine.ts";
import type { TaskPolicy } from "./task.ts";

const MINUTE_S = 60;
const HOUR_S = 3_600;
const DAY_S = 86_400;

/** How long each state may last, in seconds, unless the operator says otherwise. */
export const defaultLimitsS: Readonly<Record<keyof TaskPolicy["limits_ms"], number>> = {
  offered: 24 * HOUR_S,
  downloading: 15 * MINUTE_S,
  downloading_total: 24 * HOUR_S,
  retrying: 15 * MINUTE_S,
  verifying: 15 * MINUTE_S,
  paused: 7 * DAY_S,
  awaiting_install: 7 * DAY_S,
  installing: 30 * MINUTE_S,
  rebooting: 15 * MINUTE_S,
  confirming: 10 * MINUTE_S,
};

/** Clients that cannot report only check now and then: until the next one nobody knows what they run. */
const CHECKED_WITHIN_S = 7 * DAY_S;

/** What an upgrade is made of, besides the operator's wishes. */
export interface UpgradeTarget {
  /** From 1,000,001 on, below 2^31. */
  readonly number: number;
  /** Bytes of the image. */
  readonly size: number;
  /** The product of the release; `null`: of none. */
  readonly product: string | null;
  /** What a device that runs the image may know it by, besides its SHA-256. */
  readonly knownBy?: readonly string[];
  /** The device is known to fetch images and to report nothing. */
  readonly isFetchOnly?: boolean;
  /** The device was never heard: it may turn out to be one that only fetches. */
  readonly isUnheard?: boolean;
}

/** Freezes everything that will decide about the task. */
export function freezePolicy(request: RequestUpgrade, target: UpgradeTarget): TaskPolicy {
  const completion = request.completion ?? (target.isFetchOnly ? "seen" : "verified");
  const limitsS = { ...limitsFor(completion), ...definedOf(request.limits) };
  const isOpen = request.completion === undefined && target.isUnheard;
  const checkedWithinS = request.limits.confirming ?? CHECKED_WITHIN_S;
  return {
    lifecycle_version: LIFECYCLE_VERSION,
    number: target.number,
    image: request.checksum,
    size: target.size,
    version: request.firmware_version,
    ...(target.product === null ? {} : { product: target.product }),
    chunk_bytes: request.chunk_size * 1024,
    priority: request.priority,
    completion,
    retries: request.retries,
    limits_ms: Object.fromEntries(
      Object.entries(limitsS).map(([state, seconds]) => [state, seconds * 1000]),
    ) as TaskPolicy["limits_ms"],
    expires_in_ms: request.expires_in * 1000,
    allow_downgrade: request.allow_downgrade,
    ...(target.knownBy ? { known_by: [...target.knownBy] } : {}),
    ...(isOpen ? { or_seen: { confirming_ms: checkedWithinS * 1000 } } : {}),
  };
}

/** The policy for a device that turned out to only fetch; the same object where that was not left open. */
export function settledAsSeen(policy: TaskPolicy): TaskPolicy {
  const { or_seen, ...others } = policy;
  if (!or_seen) return policy;
  const limits_ms = { ...policy.limits_ms, confirming: or_seen.confirming_ms };
  return { ...others, completion: "seen", limits_ms };
}

function limitsFor(completion: Completion): typeof defaultLimitsS {
  return completion === "seen"
    ? { ...defaultLimitsS, confirming: CHECKED_WITHIN_S }
    : defaultLimitsS;
}

function definedOf(limits: RequestUpgrade["limits"]): Partial<typeof defaultLimitsS> {
  return Object.fromEntries(Object.entries(limits).filter(([, seconds]) => seconds !== undefined));
}
