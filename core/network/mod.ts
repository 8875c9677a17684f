/** What measurements say of a path through the network, and what to do about it. Pure. */
export * from "./fair_share.ts";
export type { FetchPlan } from "./fetch_plan.ts";
export type { Goodput } from "./goodput.ts";
export * from "./keepalive.ts";
export { observed, unknownQuality } from "./quality.ts";
export type { Observation, Quality } from "./quality.ts";
export * from "./recommend.ts";
export * from "./recommendation.ts";
export * from "./retry.ts";
export { scoreOf } from "./score.ts";
