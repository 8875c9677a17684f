/** `deno task export` and `deno task archive`. */
export { parseExport } from "./options.ts";
export type { ExportOptions } from "./options.ts";
export { runExport } from "./run.ts";
export { parseArchive } from "./archive_options.ts";
export { runArchive } from "./archive.ts";
