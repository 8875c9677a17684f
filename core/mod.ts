/**
 * The pure core of otalog: step a device's upgrade in your own tests, without a network, a clock or
 * a disk. A fact goes in, the next state and what is to be done come out; nothing else happens.
 *
 * ```ts
 * import { deadlineOf, freezePolicy, requestUpgrade, stepDevice } from "@otalog/otalog";
 * import type { Device, DeviceFact } from "@otalog/otalog";
 * import assert from "node:assert/strict";
 *
 * const image = `sha256:${"5a".repeat(32)}`;
 * const operator = { actor: "operator:docs" };
 * const device = { actor: "device:pump-7" };
 *
 * // An upgrade is queued with its whole policy; then the device asks, fetches and verifies.
 * const facts: DeviceFact[] = [
 *   { type: "DeviceRegistered", at: 1_000, ...operator, data: { device_id: "pump-7" } },
 *   {
 *     type: "TaskQueued",
 *     at: 2_000,
 *     ...operator,
 *     task: "OTA_20230801_001",
 *     data: freezePolicy(
 *       requestUpgrade.parse({ device_id: "pump-7", firmware_version: "2.0.0", checksum: image }),
 *       { number: 1_000_001, size: 4_096, product: null },
 *     ),
 *   },
 *   { type: "UpdateRequested", at: 3_000, ...device, data: { current_version: "1.0.0" } },
 *   {
 *     type: "DigestReported",
 *     at: 9_000,
 *     ...device,
 *     task: "OTA_20230801_001",
 *     data: { checksum: image },
 *   },
 * ];
 *
 * let state: Device | undefined;
 * const story: string[] = [];
 * for (const fact of facts) {
 *   const step = stepDevice(state, fact);
 *   state = step.device;
 *   for (const { from, to } of step.moves) story.push(`${from} -> ${to}`);
 *   for (const { type } of step.effects) story.push(type);
 * }
 *
 * assert.deepEqual(story, [
 *   "null -> queued",
 *   "queued -> offered",
 *   "sendMetadata",
 *   "offered -> succeeded",
 *   "sendSuccess",
 * ]);
 * assert.equal(deadlineOf(state!.ended[0]!), null);
 * ```
 *
 * `state.tasks` are the tasks that wait or run, `state.ended` the last ones that ended. Facts are
 * taken in the order they are given: `at` is for deadlines, and nothing checks that it grows. A fact
 * that fits nothing (an unknown task, a late report) is not an error: `step.accepted` is false, and
 * `step.device` is the same object as before.
 *
 * @module
 */
export { stepDevice } from "./device/fold.ts";
export type { DeviceStep } from "./device/fold.ts";
export { interpretReport } from "./device/interpret.ts";
export type { Delivery, FactDraft, Interpretation, Packet, Refusal } from "./device/interpret.ts";
export type { Device, DeviceToken, Owed, TakenReport } from "./device/state.ts";
export * from "./log/mod.ts";
export { recommendationReasons } from "./network/mod.ts";
export type { FetchPlan, Recommendation, RecommendationReason } from "./network/mod.ts";
export * from "./protocol/mod.ts";
export * from "./replay/mod.ts";
export { deadlineOf } from "./upgrade/deadline.ts";
export type { Deadline } from "./upgrade/deadline.ts";
export type { Image, Models, Release } from "./engine/ports.ts";
export type {
  Activate,
  DeviceEffect,
  DeviceEffectData,
  Preempt,
  Supersede,
  TaskEffect,
  TaskEvent,
  TaskInput,
} from "./upgrade/events.ts";
export { beginTask, stepTask } from "./upgrade/lifecycle.ts";
export type { TaskStep } from "./upgrade/lifecycle.ts";
export { LIFECYCLE_VERSION, upgradeMachine } from "./upgrade/machine.ts";
export { freezePolicy } from "./upgrade/policy.ts";
export type { UpgradeTarget } from "./upgrade/policy.ts";
export { reasons } from "./upgrade/reasons.ts";
export type { Reason } from "./upgrade/reasons.ts";
export * from "./upgrade/task.ts";
export type { AttemptTransfer } from "./upgrade/transfer.ts";
