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
export type { ServedRange } from "./transfers.ts";
export * from "./views.ts";
export type { Firmware, Page, PageQuery, Reads } from "./reads.ts";
