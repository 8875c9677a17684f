/** What an image is: digests and chunk map. No files and no network; only hashing from outside. */
export * from "./chunks.ts";
export * from "./digests.ts";
export * from "./images.ts";
