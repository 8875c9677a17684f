/** The digests of an image's chunks, made once per image and chunk size and kept beside the image. */
import { chunkCount, digestChunks, ImageError } from "../../firmware/mod.ts";
import { readRange } from "./read_range.ts";
import { Turns } from "./turns.ts";

const DIGEST_BYTES = 32;
/** Maps that may wait to be made: for each one the whole image is read. */
const WAITING_MAX = 16;

/** The chunk maps of the images in a folder. */
export class ChunkMaps {
  /** Maps that are being made, so that each is made once. */
  readonly #making = new Map<string, Promise<Uint8Array>>();
  /** One is made at a time, so that devices with odd wishes leave a core to the others. */
  readonly #turns = new Turns();
  readonly #tempPath: () => string;

  /** `tempPath` gives a fresh name in the folder for a file that does not count yet. */
  constructor(tempPath: () => string) {
    this.#tempPath = tempPath;
  }

  /** Digests of `count` chunks from chunk `from` on of the image at `path`. */
  async digests(path: string, chunkBytes: number, from: number, count: number): Promise<string[]> {
    const { size } = await Deno.stat(path);
    const map = await this.#map(path, chunkBytes, size);
    const length = Math.max(0, Math.min(count, chunkCount(size, chunkBytes) - from));
    return Array.from({ length }, (_, i) => {
      const at = (from + i) * DIGEST_BYTES;
      return map.subarray(at, at + DIGEST_BYTES).toHex();
    });
  }

  async #map(image: string, chunkBytes: number, size: number): Promise<Uint8Array> {
    const path = `${image}.${chunkBytes}.chunks`;
    const known = await Deno.readFile(path).catch(() => undefined);
    if (known?.length === chunkCount(size, chunkBytes) * DIGEST_BYTES) return known;
    const making = this.#making.get(path);
    if (making) return await making;
    if (this.#making.size >= WAITING_MAX) {
      const detail = "Too many chunk maps are being made. Ask again in a moment.";
      throw new ImageError("busy", detail);
    }
    const made = this.#turns.take("map", () => this.#make(path, image, chunkBytes, size))
      .finally(() => this.#making.delete(path));
    this.#making.set(path, made);
    return await made;
  }

  async #make(path: string, image: string, chunkBytes: number, size: number): Promise<Uint8Array> {
    const digests = await digestChunks(readRange(image, 0, size), size, chunkBytes);
    const temp = this.#tempPath();
    try {
      await Deno.writeFile(temp, digests);
      await Deno.rename(temp, path);
    } catch {
      // A disk without room costs the map only its being kept.
      await Deno.remove(temp).catch(() => {});
    }
    return digests;
  }
}
