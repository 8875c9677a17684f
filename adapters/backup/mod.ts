/** Copies of a data folder, whole and proved or not there at all: a backup, and what is restored of one. */
export { copyFolder } from "./copy_folder.ts";
export type { Copied, CopyOrder } from "./copy_folder.ts";
export type { CopyParts } from "./parts.ts";
