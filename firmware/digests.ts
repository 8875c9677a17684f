/** Digests of images, made while the bytes pass: memory does not grow with their size. */
import { createHash } from "node:crypto";
import type { Hash } from "node:crypto";

/** The digests real clients need, made in one pass. */
export class ImageDigests {
  readonly #sha256 = createHash("sha256");
  readonly #sha1 = createHash("sha1");
  readonly #md5 = createHash("md5");
  #size = 0;

  /** Bytes so far. */
  get size(): number {
    return this.#size;
  }

  /** Takes the next bytes. */
  update(bytes: Uint8Array): void {
    this.#size += bytes.length;
    for (const hash of [this.#sha256, this.#sha1, this.#md5]) hash.update(bytes);
  }

  /** The digests of all bytes, as lowercase hexadecimal digits. Call once. */
  finish(): { sha256: string; size: number; sha1: string; md5: string } {
    const hex = (hash: Hash) => hash.digest("hex");
    return {
      sha256: hex(this.#sha256),
      size: this.#size,
      sha1: hex(this.#sha1),
      md5: hex(this.#md5),
    };
  }
}

/** SHA-256 of each chunk, 32 bytes one after another, of a stream of bytes. */
export async function digestChunks(
  bytes: AsyncIterable<Uint8Array>,
  size: number,
  chunkBytes: number,
): Promise<Uint8Array> {
  const digests = new Uint8Array(Math.ceil(size / chunkBytes) * 32);
  let hash = createHash("sha256");
  let [index, inChunk] = [0, 0];
  const close = () => {
    digests.set(hash.digest(), 32 * index++);
    hash = createHash("sha256");
    inChunk = 0;
  };
  for await (let part of bytes) {
    while (part.length > 0) {
      const taken = part.subarray(0, chunkBytes - inChunk);
      hash.update(taken);
      inChunk += taken.length;
      part = part.subarray(taken.length);
      if (inChunk === chunkBytes) close();
    }
  }
  if (inChunk > 0) close();
  return digests;
}
