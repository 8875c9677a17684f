/** `deno task erase`. */
export { askTheEngine, parseErase } from "./options.ts";
export type { EraseOptions } from "./options.ts";
export { runErase } from "./run.ts";
