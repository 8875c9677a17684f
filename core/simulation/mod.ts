/** A simulator that tries to break the engine. */
export { simulate } from "./simulate.ts";
export type { SimulationOptions, SimulationPorts, SimulationResult } from "./simulate.ts";
export type { Violation } from "./checks/judges.ts";
export { faultsMax } from "./chance/faults.ts";
export type { Fault, FaultRates } from "./chance/faults.ts";
export { regressionName, regressionTest, shrink } from "./shrink.ts";
export type { OnShrunk, Shrunk } from "./shrink.ts";
