/** The machine otalog runs on: clocks, randomness, digests and secrets. */
export { machineClock } from "./clock.ts";
export { machineDigest } from "./digest.ts";
export { logIdentity, operatorToken } from "./secrets.ts";
export type { LogIdentity, OperatorToken } from "./secrets.ts";
