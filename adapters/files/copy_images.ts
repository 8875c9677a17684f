/** Images are copied from one data folder to another, and every byte of them is checked. */
import { createHash } from "node:crypto";
import { cannotUse } from "../../core/trouble/mod.ts";

/** An image by its SHA-256 (hexadecimal digits). */
export interface NamedImage {
  readonly sha256: string;
  /** Bytes. */
  readonly size: number;
}

/** How the images are copied. */
export interface ImageCopying {
  /** The data folders. */
  readonly from: string;
  readonly to: string;
  /** What to do where an image of `from` is not what its name says, and where `to` cannot be written. */
  readonly whatToDo: { readonly from: string; readonly to: string };
  /** Told of the bytes that were copied. */
  progress(bytes: number): void;
  /** Throws when it is time to stop. */
  readonly stop?: AbortSignal | undefined;
}

const PIECE_BYTES = 1_048_576;

/** Copies them, as readable as uploads are. @throws {Error} when one is missing or damaged, or there is no room. */
export async function copyImages(
  images: Iterable<NamedImage>,
  copying: ImageCopying,
): Promise<void> {
  const { from, to, whatToDo } = copying;
  const folder = `${to}/images`;
  await orSay(folder, whatToDo.to, () => Deno.mkdir(folder));
  for (const image of images) {
    const [source, target] = [from, to].map((folder) => `${folder}/images/${image.sha256}`);
    await copyImage(image, source!, target!, copying);
  }
}

async function copyImage(
  { sha256, size }: NamedImage,
  source: string,
  target: string,
  { whatToDo, progress, stop }: ImageCopying,
): Promise<void> {
  const piece = new Uint8Array(PIECE_BYTES);
  const digest = createHash("sha256");
  using read = await orSay(source, whatToDo.from, () => Deno.open(source, { read: true }));
  using file = await orSay(
    target,
    whatToDo.to,
    () => Deno.open(target, { createNew: true, write: true }),
  );
  let copied = 0;
  for (;;) {
    stop?.throwIfAborted();
    const count = await orSay(source, whatToDo.from, () => read.read(piece));
    // A file that never ends is none of ours.
    if (count === null || copied > size) break;
    const bytes = piece.subarray(0, count);
    digest.update(bytes);
    await orSay(target, whatToDo.to, () => writeAll(file, bytes));
    copied += count;
    progress(count);
  }
  if (digest.digest("hex") === sha256) return;
  throw cannotUse(source, new Error("its bytes are not those of the image"), whatToDo.from);
}

async function writeAll(file: Deno.FsFile, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) at += await file.write(bytes.subarray(at));
}

async function orSay<T>(path: string, whatToDo: string, act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    throw cannotUse(path, error, whatToDo);
  }
}
