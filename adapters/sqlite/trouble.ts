/** Why a file or a folder cannot be used, as a sentence for whoever starts the engine. */
import { reasonOf as systemReasonOf } from "../../core/trouble/mod.ts";

/** The path of a database is a folder's and a name of ours. */
const FOLDER = { ENOTDIR: "it is not a folder" };

/** SQLite's own words (sqlite3_errstr); Deno hands its result codes over for some calls only. */
const NO_DATABASE = /file is not a database|disk image is malformed/;
const NO_ROOM = /database or disk is full/;
const NOT_OPENED = /unable to open database file|attempt to write a readonly database/;

/** Whether what was read is no database, or is one no more. */
export function isDamage(error: unknown): boolean {
  return NO_DATABASE.test((error as Error).message);
}

/** `Cannot use {path}: {why}. {what to do}` */
export function cannotUse(path: string, error: unknown, whatToDo: string): Error {
  return new Error(`Cannot use ${path}: ${reasonOf(error, path)}. ${whatToDo}`, { cause: error });
}

/** Why, in a few words without a full stop. */
export function reasonOf(error: unknown, path: string): string {
  const { message } = error as Error;
  if (NO_DATABASE.test(message)) return "it is not a database, or was damaged";
  if (NO_ROOM.test(message)) return "the disk is full";
  if (NOT_OPENED.test(message)) return whyNotOpened(path) ?? message;
  return systemReasonOf(error, FOLDER);
}

/** SQLite does not say why it could not open a file: the operating system does. */
function whyNotOpened(path: string): string | undefined {
  try {
    Deno.openSync(path, { read: true, write: true }).close();
  } catch (error) {
    return reasonOf(error, path);
  }
}
