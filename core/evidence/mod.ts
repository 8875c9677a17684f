/** What proves to somebody who trusts nobody that the log was only ever appended to. Pure. */
export * from "./archive.ts";
export * from "./block.ts";
export * from "./checkpoint.ts";
export * from "./checkpoint_pace.ts";
export * from "./checkpointer.ts";
export * from "./device_proofs.ts";
export * from "./kept.ts";
export * from "./log_check.ts";
export * from "./log_key.ts";
export * from "./log_tree.ts";
export * from "./note.ts";
export * from "./proofs.ts";
export * from "./publication.ts";
export * from "./row_check.ts";
export * from "./segment.ts";
export * from "./signed_head.ts";
export * from "./tree.ts";
