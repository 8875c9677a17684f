/** Exactly one engine uses a data folder: an OS lock, which a killed process cannot keep. */
import { cannotUse } from "./trouble.ts";

/** A held lock on the folder. */
export interface Lease {
  /** Gives the folder free. */
  release(): void;
}

/**
 * Takes the lock; `whatToDo` when another engine has it.
 *
 * @throws {Error} when another engine, in this process or another, has it, or the folder cannot be
 * written.
 */
export function takeLease(
  folder: string,
  whatToDo = "Stop it, or choose another folder with --data.",
): Lease {
  const file = openLock(folder);
  if (!file.tryLockSync(true)) {
    file.close();
    throw new Error(`Cannot use ${folder}: another engine is using it. ${whatToDo}`);
  }
  return {
    release() {
      // A child that is just being started has the file, too, until it is another program.
      file.unlockSync();
      file.close();
    },
  };
}

function openLock(folder: string): Deno.FsFile {
  const how = { create: true, write: true, read: true, mode: 0o600 };
  try {
    return Deno.openSync(`${folder}/engine.lock`, how);
  } catch (error) {
    const what = "The engine must be able to write there: mend that, or choose another folder";
    throw cannotUse(folder, error, `${what} with --data.`);
  }
}
