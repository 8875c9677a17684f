/**
 * Images as files named by their SHA-256, in one folder. A file is synced, then renamed, then its
 * folder is synced: a name stands for whole and durable bytes, always.
 */
import type { ImageBytes, ImageFiles, IngestOptions, StoredImage } from "../../firmware/mod.ts";
import { ChunkMaps } from "./chunk_maps.ts";
import { FileBytes } from "./file_bytes.ts";
import { makeFolder, syncFolder } from "./folder.ts";
import { HotImages } from "./hot_images.ts";
import { Turns } from "./turns.ts";
import { toImageError, writeImage } from "./write_image.ts";

/** What is being written and does not count yet. */
const UPLOAD = ".upload-";
/** A body that sends nothing for so long is given up. */
const STALLED_AFTER_MS = 30_000;

/** Images in a folder. */
export class FolderImages implements ImageFiles {
  readonly #folder: string;
  readonly #stalledAfterMs: number;
  readonly #chunkMaps = new ChunkMaps(() => this.#tempPath());
  readonly #hot = new HotImages((sha256) => Deno.readFile(this.path(sha256)));
  /** Ingests that are not settled, by digest. */
  readonly #unsettled = new Map<string, number>();
  /** By digest: bytes are never removed while others of the same name arrive. */
  readonly #turns = new Turns();

  /** Use {@link openImageFiles}. */
  constructor(folder: string, stalledAfterMs: number) {
    this.#folder = folder;
    this.#stalledAfterMs = stalledAfterMs;
  }

  async ingest(
    body: ReadableStream<Uint8Array>,
    options: IngestOptions,
  ): Promise<StoredImage> {
    const upload = this.#tempPath();
    try {
      const image = await writeImage(upload, body, options, this.#stalledAfterMs);
      await this.#turns.take(image.sha256, () => this.#admit(upload, image.sha256));
      return image;
    } catch (error) {
      await Deno.remove(upload).catch(() => {});
      throw toImageError(error);
    }
  }

  async settle(sha256: string, isNamed: () => Promise<boolean>): Promise<void> {
    await this.#turns.take(sha256, async () => {
      const others = (this.#unsettled.get(sha256) ?? 1) - 1;
      if (others > 0) return void this.#unsettled.set(sha256, others);
      this.#unsettled.delete(sha256);
      if (!await isNamed()) await Deno.remove(this.path(sha256));
    }).catch(() => {});
  }

  bytes(image: Pick<StoredImage, "sha256" | "size">, start: number, end: number): ImageBytes {
    return this.#hot.bytes(image, start, end) ??
      new FileBytes(this.path(image.sha256), start, end);
  }

  async read(
    image: Pick<StoredImage, "sha256" | "size">,
    start: number,
    end: number,
  ): Promise<Uint8Array> {
    const source = this.bytes(image, start, end);
    const all = new Uint8Array(end - start);
    try {
      for (let at = 0; at < all.length;) {
        const piece = await source.next(all.length - at);
        if (!piece) throw new Error(`Image ${image.sha256} is shorter than it was`);
        all.set(piece, at);
        at += piece.length;
      }
    } finally {
      source.close();
    }
    return all;
  }

  /** Resolves when nothing is read any more but for answers. */
  async settled(): Promise<void> {
    await this.#hot.settled();
  }

  /** Where the bytes of an image are. */
  path(sha256: string): string {
    return `${this.#folder}/${sha256}`;
  }

  async chunkDigests(
    sha256: string,
    chunkBytes: number,
    from: number,
    count: number,
  ): Promise<string[]> {
    return await this.#chunkMaps.digests(this.path(sha256), chunkBytes, from, count);
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

  /** Gives the upload its name. Its sync may fail: then the bytes stay until the next start. */
  async #admit(upload: string, sha256: string): Promise<void> {
    await Deno.rename(upload, this.path(sha256));
    await syncFolder(this.#folder);
    this.#unsettled.set(sha256, (this.#unsettled.get(sha256) ?? 0) + 1);
  }

  #tempPath(): string {
    return `${this.#folder}/${UPLOAD}${crypto.randomUUID()}`;
  }
}

/**
 * Opens `{folder}/images`, made if it is missing.
 *
 * @throws {Error} when it cannot be a folder; the sentence says what to do.
 */
export async function openImageFiles(
  folder: string,
  stalledAfterMs: number = STALLED_AFTER_MS,
): Promise<FolderImages> {
  const images = `${folder}/images`;
  await makeFolder(images);
  return new FolderImages(await Deno.realPath(images), stalledAfterMs);
}
