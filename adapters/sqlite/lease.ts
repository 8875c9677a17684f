/** Exactly one engine uses a data folder: an OS lock, which a killed process cannot keep. */

/** A held lock on the folder. */
export interface Lease {
  /** Gives the folder free. */
  release(): void;
}

/**
 * Takes the lock.
 *
 * @throws {Error} when another engine, in this process or another, has it.
 */
export function takeLease(folder: string): Lease {
  const file = Deno.openSync(`${folder}/engine.lock`, { create: true, write: true, read: true });
  if (!file.tryLockSync(true)) {
    file.close();
    throw new Error(
      `Cannot open ${folder}: another engine is using it. Stop it, or choose another folder with --data.`,
    );
  }
  return { release: () => file.close() };
}
