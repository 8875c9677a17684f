/** What proves to somebody who trusts nobody that the log was only ever appended to. Pure. */
export * from "./block.ts";
export * from "./checkpoint.ts";
export * from "./device_proofs.ts";
export * from "./erasure.ts";
export * from "./kept.ts";
export * from "./log_check.ts";
export * from "./log_key.ts";
export * from "./note.ts";
export * from "./proofs.ts";
export * from "./row_check.ts";
export * from "./segment.ts";
export * from "./tree.ts";
