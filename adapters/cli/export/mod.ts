/** `deno task export`. */
export { parseExport } from "./options.ts";
export type { ExportOptions } from "./options.ts";
export { runExport } from "./run.ts";
