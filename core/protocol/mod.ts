/**
 * The contract with devices and operators: one schema for every message and route, shared by all
 * adapters. Nothing here knows a transport, a store or the state of a device.
 */
export * from "./asks.ts";
export * from "./body.ts";
export * from "./ids.ts";
export * from "./json.ts";
export * from "./limits.ts";
export * from "./messages.ts";
export * from "./operators.ts";
export * from "./point.ts";
export * from "./problem.ts";
export * from "./range.ts";
export * from "./reports.ts";
export * from "./topics.ts";
export * from "./versions.ts";
export * from "./words.ts";
