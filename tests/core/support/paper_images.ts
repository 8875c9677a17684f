/** Images that exist on paper: every byte of them follows from their name and its place. */
import type { Images } from "../../../core/engine/mod.ts";

/** The byte of an image at that place. */
export function byteOf(sha256: string, at: number): number {
  return (parseInt(sha256.slice(0, 2), 16) + 7 * at + (at >> 8)) & 255;
}

/** The bytes [start, end) of an image. */
export function bytesOf(sha256: string, start: number, end: number): Uint8Array {
  return Uint8Array.from({ length: end - start }, (_, n) => byteOf(sha256, start + n));
}

/** The digest of a chunk, as these images have it. */
export function digestOf(sha256: string, chunkBytes: number, chunk: number): string {
  return `${sha256.slice(0, 2)}${chunkBytes.toString(16)}${chunk.toString(16)}`.padEnd(64, "0");
}

export class PaperImages implements Images {
  /** What was read, as `start-end`. */
  readonly reads: string[] = [];
  /** Called before each read is answered: it may wait, or fail. */
  onRead: () => void | Promise<void> = () => {};

  async read(
    { sha256 }: { readonly sha256: string },
    start: number,
    end: number,
  ): Promise<Uint8Array> {
    this.reads.push(`${start}-${end}`);
    await this.onRead();
    return bytesOf(sha256, start, end);
  }

  async chunkDigests(
    sha256: string,
    chunkBytes: number,
    from: number,
    count: number,
  ): Promise<readonly string[]> {
    await this.onRead();
    return Array.from({ length: count }, (_, n) => digestOf(sha256, chunkBytes, from + n));
  }
}
