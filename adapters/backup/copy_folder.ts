/**
 * In which order a data folder is copied: the log as it is at one moment, then what it names, which never
 * changes. The copy gets its name when its log was decided again.
 */
import type { ReplaySummary, StoredCells } from "../../core/mod.ts";
import type { CopyParts, NamedImage } from "./parts.ts";

/** What is to be copied. */
export interface CopyOrder {
  /** The data folder. */
  readonly from: string;
  /** There is none yet, or it is empty. */
  readonly to: string;
  /** The copy is to be used: its tables are brought up to date. */
  readonly isForUse: boolean;
  /** What a person is to do: about the name of the copy; what is wrong with `from`; no room for `to`. */
  readonly whatToDo: { readonly name: string; readonly from: string; readonly to: string };
  /** Told of each row of the log; throws where the copy must not be made. */
  seen?(cells: StoredCells): void;
  /** What is being done, and the share of it that is done, from 0 to 1. */
  progress?(what: string, share: number): void;
  /** Throws when it is time to stop. */
  readonly stop?: AbortSignal | undefined;
}

/** What was copied. */
export interface Copied extends Pick<ReplaySummary, "rows" | "devices" | "log" | "head"> {
  /** When the last row was written: engine time, milliseconds since 1970. */
  readonly at: number;
  readonly images: number;
  /** Of the database and the images. */
  readonly bytes: number;
  /** False: the tables beside the log are of an older otalog, and were not compared with it. */
  readonly isCompared: boolean;
}

/** Copies it. @throws {Error} when it cannot be, or should not; then nothing is left of the copy. */
export async function copyFolder(order: CopyOrder, parts: CopyParts): Promise<Copied> {
  const { from, to: path, whatToDo } = order;
  return await parts.newFolder({ path, apartFrom: from, whatToDo: whatToDo.name }, async (to) => {
    const copying = { from, to, whatToDo, stop: order.stop };
    const progress = (share: number) => order.progress?.("Copying the log", share);
    const bytes = await parts.copyDatabase({ ...copying, progress });
    const log = await proved(to, order, parts);
    const images = parts.imagesIn(to);
    await copyImages(images, order, to, parts);
    await parts.copySecrets({ ...copying, log: log.log });
    return { ...log, images: images.length, bytes: bytes + sizeOf(images) };
  });
}

/** Decides the log of the copy again. @throws {Error} unless it comes out the same. */
async function proved(
  folder: string,
  order: CopyOrder,
  parts: CopyParts,
): Promise<Omit<Copied, "images" | "bytes">> {
  const isCompared = await ownTables(folder, order, parts);
  const { summary, at, finding } = await parts.replay(folder, isCompared, {
    seen: (cells) => order.seen?.(cells),
    progress: (rows, all) => order.progress?.("Deciding the log again", rows / all),
    stop: order.stop,
  });
  const { rows, devices, log, head } = summary;
  const why = finding
    ? `its log is not as it was decided: ${finding.where}, ${finding.what}`
    : rows === 0
    ? "its log is empty"
    : undefined;
  if (why !== undefined) {
    throw new Error(`Cannot use ${order.from}: ${why}. ${order.whatToDo.from}`);
  }
  return { rows, devices, log, head, at, isCompared };
}

/** Whether the tables are those of this otalog; in a copy that is to be used they are. */
async function ownTables(
  folder: string,
  { from, isForUse, whatToDo }: CopyOrder,
  parts: CopyParts,
): Promise<boolean> {
  try {
    if (isForUse) await parts.updateTables(folder);
    return await parts.hasOwnTables(folder);
  } catch (error) {
    throw new Error(`Cannot use ${from}: ${(error as Error).message}. ${whatToDo.from}`, {
      cause: error,
    });
  }
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
    whatToDo,
    stop,
    progress: (bytes) => progress?.("Copying the images", (done += bytes) / all),
  });
}

function sizeOf(images: readonly NamedImage[]): number {
  return images.reduce((sum, { size }) => sum + size, 0);
}
