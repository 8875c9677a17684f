/** What an image is: digests, chunk map and header. No files and no network; only hashing from outside. */
export * from "./chunks.ts";
export * from "./digests.ts";
export * from "./headers/mod.ts";
export * from "./images.ts";
