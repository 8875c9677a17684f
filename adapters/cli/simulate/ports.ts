/** What this machine gives to a simulation. */
import { setImmediate } from "node:timers";
import type { SimulationPorts } from "../../../core/simulation/mod.ts";
import { sha256 } from "../sha256.ts";

/** SHA-256, and one turn of the event loop. */
export const machinePorts: SimulationPorts = {
  sha256,
  rest: () => new Promise((resolve) => void setImmediate(resolve)),
};
