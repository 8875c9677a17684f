/** `deno task verify`. */
export { parseVerify } from "./options.ts";
export { runVerify } from "./run.ts";
