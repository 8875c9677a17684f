/**
 * Where checkpoints go, out of the reach of whoever can edit the log: a file, or an HTTP server. What a
 * checkpoint says, and when there is one, is not known here.
 */
export { checkpointFile } from "./file.ts";
export type { Publisher } from "./publisher.ts";
export { remembering } from "./remembering.ts";
export type { RememberingParts } from "./remembering.ts";
export { checkpointServer } from "./server.ts";
export type { CheckpointServer, ServerPublisher } from "./server.ts";
