/**
 * Images as files named by their SHA-256, in one folder. A file is synced, then renamed, then its
 * folder is synced: a name stands for whole and durable bytes, always.
 */
import { chunkCount, digestChunks, ImageDigests, ImageError } from "../../firmware/mod.ts";
import type { ImageFiles, IngestOptions, StoredImage } from "../../firmware/mod.ts";
import { readRange } from "./read_range.ts";

/** What is being written and does not count yet. */
const UPLOAD = ".upload-";
/** A body that sends nothing for so long is given up. */
const STALLED_AFTER_MS = 30_000;
const DIGEST_BYTES = 32;

/** Images in a folder. */
export class FolderImages implements ImageFiles {
  readonly #folder: string;
  readonly #stalledAfterMs: number;
  /** Chunk maps that are being made, so that each is made once. */
  readonly #making = new Map<string, Promise<Uint8Array>>();

  /** Use {@link openImageFiles}. */
  constructor(folder: string, stalledAfterMs: number) {
    this.#folder = folder;
    this.#stalledAfterMs = stalledAfterMs;
  }

  async ingest(
    body: ReadableStream<Uint8Array>,
    options: IngestOptions,
  ): Promise<StoredImage> {
    const upload = `${this.#folder}/${UPLOAD}${crypto.randomUUID()}`;
    try {
      const image = await this.#write(upload, body, options);
      await Deno.rename(upload, this.#path(image.sha256));
      await syncFolder(this.#folder);
      return image;
    } catch (error) {
      await Deno.remove(upload).catch(() => {});
      throw toImageError(error);
    }
  }

  read(sha256: string, start: number, end: number): ReadableStream<Uint8Array> {
    return readRange(this.#path(sha256), start, end);
  }

  async chunkDigests(
    sha256: string,
    chunkBytes: number,
    from: number,
    count: number,
  ): Promise<string[]> {
    const { size } = await Deno.stat(this.#path(sha256));
    const total = chunkCount(size, chunkBytes);
    const digests = await this.#chunkMap(sha256, chunkBytes, size);
    const length = Math.max(0, Math.min(count, total - from));
    return Array.from({ length }, (_, i) => {
      const at = (from + i) * DIGEST_BYTES;
      return digests.subarray(at, at + DIGEST_BYTES).toHex();
    });
  }

  /** Removes unfinished uploads and images that nobody knows. Run before anything is uploaded. */
  async removeOrphans(isKnown: (sha256: string) => Promise<boolean>): Promise<number> {
    let removed = 0;
    for await (const { name } of Deno.readDir(this.#folder)) {
      const sha256 = name.split(".")[0]!;
      if (!name.startsWith(UPLOAD) && await isKnown(sha256)) continue;
      await Deno.remove(`${this.#folder}/${name}`);
      removed++;
    }
    return removed;
  }

  #path(sha256: string): string {
    return `${this.#folder}/${sha256}`;
  }

  async #write(
    path: string,
    body: ReadableStream<Uint8Array>,
    { expectedSize, maxSize }: IngestOptions,
  ): Promise<StoredImage> {
    const digests = new ImageDigests();
    using file = await Deno.open(path, { createNew: true, write: true });
    const reader = body.getReader();
    try {
      for (;;) {
        const { done, value } = await this.#next(reader);
        if (done) break;
        digests.update(value);
        if (digests.size > Math.min(maxSize, expectedSize ?? maxSize)) throw tooLarge(maxSize);
        await writeAll(file, value);
      }
    } catch (error) {
      // Not awaited: a source that hangs would hang us, too.
      void reader.cancel(error).catch(() => {});
      throw error;
    }
    if (digests.size === 0) throw new ImageError("empty", "The image is empty. Send its bytes.");
    if (expectedSize !== undefined && digests.size < expectedSize) {
      throw new ImageError(
        "truncated",
        `Only ${digests.size} of ${expectedSize} bytes arrived. Send the image again.`,
      );
    }
    await file.sync();
    return digests.finish();
  }

  async #next(
    reader: ReadableStreamDefaultReader<Uint8Array>,
  ): Promise<ReadableStreamReadResult<Uint8Array>> {
    const { promise, reject } = Promise.withResolvers<never>();
    const seconds = this.#stalledAfterMs / 1000;
    const late = () =>
      reject(new ImageError("stalled", `No byte arrived for ${seconds} s. Send the image again.`));
    const timer = setTimeout(late, this.#stalledAfterMs);
    return await Promise.race([reader.read(), promise]).finally(() => clearTimeout(timer));
  }

  async #chunkMap(sha256: string, chunkBytes: number, size: number): Promise<Uint8Array> {
    const path = `${this.#path(sha256)}.${chunkBytes}.chunks`;
    const known = await Deno.readFile(path).catch(() => undefined);
    if (known?.length === chunkCount(size, chunkBytes) * DIGEST_BYTES) return known;
    const making = this.#making.get(path);
    if (making) return await making;
    const made = this.#makeChunkMap(path, sha256, chunkBytes, size)
      .finally(() => this.#making.delete(path));
    this.#making.set(path, made);
    return await made;
  }

  async #makeChunkMap(
    path: string,
    sha256: string,
    chunkBytes: number,
    size: number,
  ): Promise<Uint8Array> {
    const digests = await digestChunks(this.read(sha256, 0, size), size, chunkBytes);
    const upload = `${this.#folder}/${UPLOAD}${crypto.randomUUID()}`;
    try {
      await Deno.writeFile(upload, digests);
      await Deno.rename(upload, path);
    } catch {
      // A disk without room costs the map only its being kept.
      await Deno.remove(upload).catch(() => {});
    }
    return digests;
  }
}

/** Opens `{folder}/images`, made if it is missing. */
export async function openImageFiles(
  folder: string,
  stalledAfterMs: number = STALLED_AFTER_MS,
): Promise<FolderImages> {
  const images = `${folder}/images`;
  await Deno.mkdir(images, { recursive: true });
  return new FolderImages(images, stalledAfterMs);
}

async function writeAll(file: Deno.FsFile, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) at += await file.write(bytes.subarray(at));
}

/** Makes the new name durable, too. */
async function syncFolder(folder: string): Promise<void> {
  using handle = await Deno.open(folder, { read: true });
  await handle.sync();
}

function tooLarge(maxSize: number): ImageError {
  return new ImageError(
    "too_large",
    `The image has more bytes than were declared or than ${maxSize}. Send a smaller one.`,
  );
}

function toImageError(error: unknown): ImageError {
  if (error instanceof ImageError) return error;
  const { code, message } = error as { code?: string; message?: string };
  return code === "ENOSPC" || code === "EDQUOT"
    ? new ImageError("no_room", "There is no room for the image. Free some and send it again.", {
      cause: error,
    })
    : new ImageError("io", `The image could not be stored: ${message}. Send it again.`, {
      cause: error,
    });
}
