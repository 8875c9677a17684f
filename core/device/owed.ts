/**
 * What a device still has to be told: for its active, its last preempted and its last ended task the
 * newest message each, until it is delivered, replaced or lapsed.
 */
import type { DeviceEffectData } from "../upgrade/events.ts";
import type { OwedKind } from "../protocol/mod.ts";
import { OWED_FOR_MS } from "../protocol/limits.ts";
import { activeTask, lastPreempted } from "./queue.ts";
import { lastEnded, taskOf } from "./state.ts";
import type { Device, Owed } from "./state.ts";

const kinds: Readonly<Partial<Record<DeviceEffectData["type"], OwedKind>>> = {
  sendMetadata: "metadata",
  sendVerified: "verified",
  sendRetry: "retry",
  sendSuccess: "success",
  sendFailed: "failed",
  sendCancel: "cancel",
};

/** The message an effect sends, if it is one that is owed. */
export function owedKindOf(effect: DeviceEffectData["type"]): OwedKind | undefined {
  return kinds[effect];
}

/** What is owed after the effects of a step: newer messages replace those of the same task. */
export function owe(
  device: Device,
  effects: readonly DeviceEffectData[],
  at: number,
): readonly Owed[] {
  let owed = device.owed;
  for (const { type, task } of effects) {
    const kind = owedKindOf(type);
    if (!kind || task === undefined) continue;
    const attempt = attemptOf(device, task);
    owed = [...owed.filter((o) => o.task !== task), { task, kind, attempt, at }];
  }
  return owed.filter((o) => isStillOwed(device, o, at));
}

/** Owed messages that have not lapsed at `now`, oldest first. */
export function owedAt(device: Device, now: number): readonly Owed[] {
  return device.owed.filter((o) => now < o.at + OWED_FOR_MS);
}

function isStillOwed(device: Device, owed: Owed, at: number): boolean {
  if (at >= owed.at + OWED_FOR_MS || device.revoked || isKnownTo(device, owed)) return false;
  if (activeTask(device.tasks)?.id === owed.task) return true;
  if (lastPreempted(device.tasks)?.id === owed.task) return true;
  // A success and what it made pointless ended together.
  const endedAt = lastEnded(device)?.updatedAt;
  return device.ended.some(({ id, updatedAt }) => id === owed.task && updatedAt === endedAt);
}

/** A device that installs was told to: after its reboot it must not hear that again. */
function isKnownTo({ tasks }: Device, { task: id, kind }: Owed): boolean {
  const state = kind === "verified" && tasks.find((task) => task.id === id)?.state;
  return state === "installing" || state === "rebooting" || state === "confirming";
}

function attemptOf(device: Device, id: string): number {
  return taskOf(device, id)?.attempt ?? 0;
}

/** A later message of a task takes the place of an earlier one that has not left yet. */
export function newestPerTask(effects: readonly DeviceEffectData[]): readonly DeviceEffectData[] {
  return effects.filter(({ type, task }, index) =>
    !owedKindOf(type) ||
    !effects.slice(index + 1).some((later) => later.task === task && owedKindOf(later.type))
  );
}
