/** When images were uploaded, for `Last-Modified`. Kept, as nothing changes it: downloads are many. */
import { imageStream } from "../../../core/log/mod.ts";
import type { RowHeader } from "../../../core/log/mod.ts";
import { Cache } from "../../../core/engine/mod.ts";
import type { Image, Reads } from "../../../core/engine/mod.ts";
import type { DatedImage } from "./image_answer.ts";

const IMAGES_MAX = 1_000;

/** The times of all images. */
export class UploadTimes {
  readonly #reads: Pick<Reads, "newest">;
  readonly #known = new Cache<string>(IMAGES_MAX);

  constructor(reads: Pick<Reads, "newest">) {
    this.#reads = reads;
  }

  /** The image with its time, as HTTP says it (RFC 9110 §5.6.7). */
  async dated(image: Image): Promise<DatedImage> {
    return { ...image, lastModified: await this.#of(image.sha256) };
  }

  async #of(sha256: string): Promise<string | undefined> {
    const known = this.#known.get(sha256);
    if (known !== undefined) return known;
    const row = await this.#reads.newest(imageStream(sha256), "ImageUploaded");
    if (!row) return undefined;
    const { at } = JSON.parse(row.bytes) as RowHeader;
    const text = new Date(at).toUTCString();
    this.#known.set(sha256, text);
    return text;
  }
}
