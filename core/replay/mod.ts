/** Replay: the same log always leads to the same decisions, and this proves it. */
export { AsOf, isBehind, timeOf } from "./as_of.ts";
export type { DeviceAsOf, UnreadableRow } from "./as_of.ts";
export { isDivergence } from "./divergence.ts";
export type { Divergence } from "./divergence.ts";
export { Replay } from "./replay.ts";
export type { ReplaySummary } from "./replay.ts";
export { ShadowReplay } from "./shadow.ts";
export { placedRow } from "./read_row.ts";
export type { StoredCells } from "./read_row.ts";
