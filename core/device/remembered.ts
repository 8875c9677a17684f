/** What a device's state keeps of the past, and for how long: ended tasks, reports, tokens. */
import type { DeviceFact, FactOf } from "../log/mod.ts";
import { ENDED_TASKS_MAX, REPORT_IDS_MAX } from "../protocol/limits.ts";
import type { DeviceEffectData } from "../upgrade/events.ts";
import type { Task } from "../upgrade/task.ts";
import type { DeviceToken, TakenReport } from "./state.ts";

/** Newest first, but what the device never heard of behind what it did: that is no news to it. */
export function withEnded(ended: readonly Task[], task: Task): readonly Task[] {
  const place = task.offered ? 0 : ended.filter(({ offered }) => offered).length;
  return ended.toSpliced(place, 0, task).slice(0, ENDED_TASKS_MAX);
}

/** A report with an id, or that came in a packet, will be known when it comes again. */
export function withTaken(
  taken: readonly TakenReport[],
  data: DeviceFact["data"],
  effects: readonly DeviceEffectData[],
): readonly TakenReport[] {
  const id = "id" in data ? data.id : undefined;
  const packet = "packet" in data ? data.packet : undefined;
  if (id === undefined && packet === undefined) return taken;
  const names = { ...(id !== undefined && { id }), ...(packet !== undefined && { packet }) };
  return newestTaken([{ ...names, effects }, ...taken]);
}

/** The last reports with an id, and the last that came in a packet: neither push out the others. */
function newestTaken(taken: readonly TakenReport[]): readonly TakenReport[] {
  let named = 0;
  let packets = 0;
  return taken.filter(({ id, packet }) => {
    const isNamed = id !== undefined && named++ < REPORT_IDS_MAX;
    const isPacket = packet !== undefined && packets++ < REPORT_IDS_MAX;
    return isNamed || isPacket;
  });
}

/** The new token, and those before it as long as the overlap lets them. */
export function withToken(
  tokens: readonly DeviceToken[],
  { at, data }: FactOf<"TokenIssued">,
): readonly DeviceToken[] {
  const end = at + data.overlap_ms;
  const older = tokens
    .map((t) => ({ ...t, validUntil: Math.min(t.validUntil ?? end, end) }))
    .filter((t) => t.validUntil > at);
  return [...older, { sha256: data.token_sha256, validUntil: null }];
}
