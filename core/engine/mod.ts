/** The closed loop and what it needs from outside: interfaces, inputs, answers. */
export type { EngineApi } from "./api.ts";
export { Cache } from "./cache.ts";
export { Engine, startEngine } from "./engine.ts";
export type { EngineOptions } from "./engine.ts";
export * from "./inputs.ts";
export { changesOf, movedTasks } from "./explain.ts";
export type { Change, PolicyOf } from "./explain.ts";
export { currentOf } from "./explain_now.ts";
export type { Current } from "./explain_now.ts";
export * from "./ports.ts";
export { decidedBefore } from "./redelivered.ts";
export type { Again } from "./redelivered.ts";
export { TakenPackets } from "./taken_packets.ts";
export type { ServedRange } from "./transfers.ts";
export { Unsettled } from "./unsettled.ts";
export type { AskBroker } from "./unsettled.ts";
export * from "./views.ts";
export type { Firmware, Page, PageQuery, Reads } from "./reads.ts";
