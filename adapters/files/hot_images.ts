/**
 * Images that are asked for now, whole in memory: a range of one is a view, with no read and no copy.
 * What is being given out is never dropped, so that the bound holds whoever is slow to take it.
 */
import type { ImageBytes, StoredImage } from "../../firmware/mod.ts";

/** All of them together. */
const HOT_BYTES_MAX = 67_108_864;

interface HotImage {
  readonly bytes: Uint8Array;
  /** Answers that hold views of it. */
  users: number;
}

/** Whole images in memory, those asked for longest ago first. */
export class HotImages {
  readonly #load: (sha256: string) => Promise<Uint8Array>;
  readonly #bytesMax: number;
  readonly #images = new Map<string, HotImage>();
  /** One at a time: the others are read from their files meanwhile. */
  #loading: Promise<void> | undefined;
  #held = 0;

  /** `load` gives all bytes of an image. */
  constructor(load: (sha256: string) => Promise<Uint8Array>, bytesMax: number = HOT_BYTES_MAX) {
    this.#load = load;
    this.#bytesMax = bytesMax;
  }

  /** The bytes [start, end), if the image is here; if not, it may be the next time. */
  bytes(
    { sha256, size }: Pick<StoredImage, "sha256" | "size">,
    start: number,
    end: number,
  ): ImageBytes | undefined {
    const image = this.#images.get(sha256);
    if (image) {
      this.#images.delete(sha256);
      this.#images.set(sha256, image);
      return new HotBytes(image, start, end);
    }
    if (this.#loading || !this.#makeRoom(size)) return undefined;
    this.#loading = this.#warm(sha256, size).finally(() => this.#loading = undefined);
  }

  /** Resolves when nothing is being loaded. */
  async settled(): Promise<void> {
    await this.#loading;
  }

  async #warm(sha256: string, size: number): Promise<void> {
    this.#held += size;
    // What cannot be loaded is read from its file, and there its fault is told.
    const bytes = await this.#load(sha256).catch(() => undefined);
    if (bytes?.length === size) this.#images.set(sha256, { bytes, users: 0 });
    else this.#held -= size;
  }

  #makeRoom(size: number): boolean {
    if (size > this.#bytesMax) return false;
    for (const [sha256, { bytes, users }] of this.#images) {
      if (this.#held + size <= this.#bytesMax) break;
      if (users > 0) continue;
      this.#images.delete(sha256);
      this.#held -= bytes.length;
    }
    return this.#held + size <= this.#bytesMax;
  }
}

class HotBytes implements ImageBytes {
  #image: HotImage | undefined;
  readonly #end: number;
  #at: number;

  constructor(image: HotImage, start: number, end: number) {
    this.#image = image;
    this.#at = start;
    this.#end = end;
    image.users++;
  }

  next(max: number): Uint8Array | undefined {
    if (!this.#image || this.#at >= this.#end) return undefined;
    const from = this.#at;
    this.#at = Math.min(from + max, this.#end);
    return this.#image.bytes.subarray(from, this.#at);
  }

  close(): void {
    if (this.#image) this.#image.users--;
    this.#image = undefined;
  }
}
