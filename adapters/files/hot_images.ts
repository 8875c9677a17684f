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

/** How many bytes are in memory. */
interface Held {
  all: number;
  /** Of images that are being given out or loaded. */
  inUse: number;
}

/** Whole images in memory, those asked for longest ago first. */
export class HotImages {
  readonly #load: (sha256: string) => Promise<Uint8Array>;
  readonly #bytesMax: number;
  readonly #images = new Map<string, HotImage>();
  /** The one asked for last. */
  #last: HotImage | undefined;
  /** One at a time: the others are read from their files meanwhile. */
  #loading: Promise<void> | undefined;
  readonly #held: Held = { all: 0, inUse: 0 };

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
      if (image !== this.#last) this.#moveUp(sha256, image);
      return new HotBytes(image, this.#held, start, end);
    }
    if (this.#loading || !this.#makeRoom(size)) return undefined;
    this.#loading = this.#warm(sha256, size).finally(() => this.#loading = undefined);
  }

  /** Resolves when nothing is being loaded. */
  async settled(): Promise<void> {
    await this.#loading;
  }

  #moveUp(sha256: string, image: HotImage): void {
    this.#images.delete(sha256);
    this.#images.set(sha256, image);
    this.#last = image;
  }

  async #warm(sha256: string, size: number): Promise<void> {
    const held = this.#held;
    held.all += size;
    held.inUse += size;
    // What cannot be loaded is read from its file, and there its fault is told.
    const bytes = await this.#load(sha256).catch(() => undefined);
    held.inUse -= size;
    if (bytes?.length === size) this.#moveUp(sha256, { bytes, users: 0 });
    else held.all -= size;
  }

  /** Drops as many as must go; none where that would not be enough. */
  #makeRoom(size: number): boolean {
    const held = this.#held;
    if (held.inUse + size > this.#bytesMax) return false;
    for (const [sha256, { bytes, users }] of this.#images) {
      if (held.all + size <= this.#bytesMax) break;
      if (users > 0) continue;
      this.#images.delete(sha256);
      if (this.#last?.bytes === bytes) this.#last = undefined;
      held.all -= bytes.length;
    }
    return true;
  }
}

class HotBytes implements ImageBytes {
  #image: HotImage | undefined;
  readonly #held: Held;
  readonly #end: number;
  #at: number;

  constructor(image: HotImage, held: Held, start: number, end: number) {
    this.#image = image;
    this.#held = held;
    this.#at = start;
    this.#end = end;
    if (image.users++ === 0) held.inUse += image.bytes.length;
  }

  next(max: number): Uint8Array | undefined {
    if (!this.#image || this.#at >= this.#end) return undefined;
    const from = this.#at;
    this.#at = Math.min(from + max, this.#end);
    return this.#image.bytes.subarray(from, this.#at);
  }

  close(): void {
    const image = this.#image;
    this.#image = undefined;
    if (image && --image.users === 0) this.#held.inUse -= image.bytes.length;
  }
}
