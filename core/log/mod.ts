/** The log: its alphabet, its rows and their hashes. Nothing here decides or stores anything. */
export * from "./canonical.ts";
export * from "./erased.ts";
export * from "./facts.ts";
export * from "./line.ts";
export * from "./personal.ts";
export * from "./row.ts";
