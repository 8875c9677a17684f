/** The machine otalog runs on: clocks, randomness, digests, the data folder and its secrets. */
export { brokerSession } from "./broker_session.ts";
export { copySecrets } from "./copy_secrets.ts";
export type { SecretsCopying } from "./copy_secrets.ts";
export { readBrokerFiles } from "./broker_files.ts";
export type { BrokerFiles } from "./broker_files.ts";
export { machineClock } from "./clock.ts";
export { machineDigest } from "./digest.ts";
export { makeDataFolder } from "./folder.ts";
export { verifyEd25519 } from "./ed25519.ts";
export { publishedNote } from "./published_note.ts";
export type { PublishedNote } from "./published_note.ts";
export { logIdentity, operatorToken } from "./secrets.ts";
export type { LogIdentity, OperatorToken } from "./secrets.ts";
export { signWithLogKey } from "./sign.ts";
export { askedToEnd, untilAskedToEnd } from "./signals.ts";
