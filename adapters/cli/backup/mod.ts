/** `deno task backup` and `deno task restore`. */
export { parseBackup, parseRestore } from "./options.ts";
export type { BackupOptions, RestoreOptions } from "./options.ts";
export { runBackup, runRestore, STOPPED } from "./run.ts";
export type { Copy, CopyOrder, RestoreParts } from "./run.ts";
