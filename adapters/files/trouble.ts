/** Why a file cannot be used, as a sentence for whoever named it. */

/** What the operating system's codes mean to a person. */
const reasons: Readonly<Record<string, string>> = {
  ENOENT: "it does not exist",
  EACCES: "permission denied",
  EPERM: "permission denied",
  EROFS: "the file system is read-only",
  ENOTDIR: "a part of the path is not a folder",
  EISDIR: "it is a folder, not a file",
  ENOSPC: "the disk is full",
  EDQUOT: "the disk is full",
  ENOTEMPTY: "something is there already",
};

/** `Cannot use {path}: {why}. {what to do}` */
export function cannotUse(path: string, error: unknown, whatToDo: string): Error {
  const { code = "", message } = error as { code?: string; message: string };
  const why = reasons[code] ?? message.replace(/\.$/, "");
  return new Error(`Cannot use ${path}: ${why}. ${whatToDo}`, { cause: error });
}

/** Does it; what the operating system refuses becomes such a sentence. */
export function orExplain<T>(path: string, whatToDo: string, act: () => T): T {
  try {
    return act();
  } catch (error) {
    throw cannotUse(path, error, whatToDo);
  }
}
