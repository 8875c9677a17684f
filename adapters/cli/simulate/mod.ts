/** `deno task simulate`: many seeds of the simulator, on all cores. */
export { parseSimulate } from "./options.ts";
export type { SimulateOptions } from "./options.ts";
export type { Assignment, Outcome } from "./outcome.ts";
export { runSimulate } from "./run.ts";
export type { SimulateParts } from "./run.ts";
