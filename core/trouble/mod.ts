/** What went wrong outside, in sentences that every adapter says alike. Pure. */
export * from "./system.ts";
