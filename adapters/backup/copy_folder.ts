/**
 * In which order a data folder is copied: the log as it is at one moment, then what it names, which never
 * changes. The copy gets its name when its log was decided again.
 */
import type { StoredCells } from "../../core/mod.ts";
import type { Contents, CopyParts, Finding, NamedImage } from "./parts.ts";

/** What is to be copied. */
export interface CopyOrder {
  /** The data folder. */
  readonly from: string;
  /** There is none yet, or it is empty. */
  readonly to: string;
  /** The copy is to be used: its tables are brought up to date. */
  readonly isForUse: boolean;
  /** A log that does not come out as it was decided is copied all the same. */
  readonly isAsItIs: boolean;
  /** What a person is to do. */
  readonly whatToDo: {
    /** Where there can be no folder of that name. */
    readonly name: string;
    /** Where `from` is no data folder, or damaged. */
    readonly from: string;
    /** Where its log is not as it was decided. */
    readonly log: string;
    /** Where an image is missing or damaged. */
    readonly image: string;
    /** Where there is no room for `to`. */
    readonly to: string;
  };
  /** Told of each row of the log; throws where the copy must not be made. */
  readonly seen?: ((cells: StoredCells) => void) | undefined;
  /** What is being done, and the share of it that is done, from 0 to 1. */
  progress?(what: string, share: number): void;
  /** Throws when it is time to stop. */
  readonly stop?: AbortSignal | undefined;
}

/** What was copied. */
export interface Copied extends Omit<Contents, "images"> {
  readonly images: number;
  /** Of the database and the images. */
  readonly bytes: number;
  /** Where the log is not as it was decided. */
  readonly finding: Finding | undefined;
  /** False: the tables beside the log are of an older otalog, and were not compared with it. */
  readonly isCompared: boolean;
}

/** Copies it. @throws {Error} when it cannot be, or should not; then nothing is left of the copy. */
export async function copyFolder(order: CopyOrder, parts: CopyParts): Promise<Copied> {
  const { from, to: path, whatToDo, stop } = order;
  return await parts.newFolder({ path, apartFrom: from, whatToDo: whatToDo.name }, async (to) => {
    const copying = { from, to, whatToDo, stop };
    const progress = (share: number) => order.progress?.("Copying the log", share);
    const bytes = await parts.copyDatabase({ ...copying, progress });
    const isCompared = await ownTables(to, order, parts);
    const { images, ...contents } = parts.contentsOf(to);
    if (contents.rows === 0) throw refused(order, "its log is empty", whatToDo.from);
    if (order.seen) { for (const row of parts.rowsOf(to)) order.seen(row); }
    const finding = await proved(to, isCompared, order, parts);
    await copyImages(images, order, to, parts);
    await parts.copySecrets({ ...copying, log: contents.log });
    stop?.throwIfAborted();
    const all = bytes + sizeOf(images);
    return { ...contents, images: images.length, bytes: all, finding, isCompared };
  });
}

/** Whether the tables are those of this otalog; in a copy that is to be used they are. */
async function ownTables(folder: string, order: CopyOrder, parts: CopyParts): Promise<boolean> {
  try {
    if (order.isForUse) await parts.updateTables(folder);
    return await parts.hasOwnTables(folder);
  } catch (error) {
    throw refused(order, (error as Error).message, order.whatToDo.from);
  }
}

/** Decides the log of the copy again. @throws {Error} unless it comes out the same, or that is accepted. */
async function proved(
  folder: string,
  isCompared: boolean,
  order: CopyOrder,
  parts: CopyParts,
): Promise<Finding | undefined> {
  const finding = await parts.replay(folder, isCompared, {
    progress: (rows, all) => order.progress?.("Deciding the log again", rows / all),
    stop: order.stop,
  });
  if (!finding || order.isAsItIs) return finding;
  const why = `its log is not as it was decided: ${finding.where}, ${finding.what}`;
  throw refused(order, why, order.whatToDo.log);
}

function refused({ from }: CopyOrder, why: string, whatToDo: string): Error {
  return new Error(`Cannot use ${from}: ${why}. ${whatToDo}`);
}

async function copyImages(
  images: readonly NamedImage[],
  { from, whatToDo, stop, progress }: CopyOrder,
  to: string,
  parts: CopyParts,
): Promise<void> {
  const all = sizeOf(images);
  let done = 0;
  await parts.copyImages(images, {
    from,
    to,
    whatToDo: { from: whatToDo.image, to: whatToDo.to },
    stop,
    progress: (bytes) => progress?.("Copying the images", (done += bytes) / all),
  });
}

function sizeOf(images: readonly NamedImage[]): number {
  return images.reduce((sum, { size }) => sum + size, 0);
}
