/** What the operating system refuses, in words for a person. */

/** Words by the system's own name of an error: `ENOENT`. */
export type SystemWords = Readonly<Record<string, string>>;

const words: SystemWords = {
  ENOENT: "it does not exist",
  EACCES: "permission denied",
  EPERM: "permission denied",
  EROFS: "the file system is read-only",
  ENOTDIR: "a part of the path is not a folder",
  EISDIR: "it is a folder, not a file",
  ENOSPC: "the disk is full",
  EDQUOT: "the disk is full",
  EIO: "the disk fails",
  ELOOP: "its links lead in circles",
};

/** Why, in a few words without a full stop. What means something else at some place goes before. */
export function reasonOf(error: unknown, before: SystemWords = {}): string {
  const { code = "", message } = error as { code?: string; message: string };
  return before[code] ?? words[code] ?? message.replace(/\.$/, "");
}

/** `Cannot use {path}: {why}. {what to do}` */
export function cannotUse(
  path: string,
  error: unknown,
  whatToDo: string,
  before: SystemWords = {},
): Error {
  return new Error(`Cannot use ${path}: ${reasonOf(error, before)}. ${whatToDo}`, { cause: error });
}
