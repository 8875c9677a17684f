/** What this machine gives to a simulation. */
import { createHash } from "node:crypto";
import { setImmediate } from "node:timers";
import type { SimulationPorts } from "../../../core/simulation/mod.ts";

/** SHA-256, and one turn of the event loop. */
export const machinePorts: SimulationPorts = {
  sha256: (bytes) => createHash("sha256").update(bytes).digest("hex"),
  rest: () => new Promise((resolve) => void setImmediate(resolve)),
};
