/** What measurements say of a path through the network, and what to do about it. Pure. */
export * from "./fair_share.ts";
export * from "./keepalive.ts";
export * from "./retry.ts";
