/** The faults a virtual device was asked to have: bytes stored wrongly, a connection lost. */
import { chunkCount } from "../../firmware/mod.ts";
import type { DeviceOptions } from "./options.ts";

/** The connection was lost on purpose: the device behaves as if it had no network. */
export class Cut extends Error {
  override readonly name = "Cut";
}

/** Which of the faults have happened, and which are to come. */
export class Faults {
  readonly #options: DeviceOptions;
  #cutDone = false;
  #corruptDone = false;
  #isWarned = false;

  /** Has the faults that the options ask for. */
  constructor(options: DeviceOptions) {
    this.#options = options;
  }

  /** Sentences on the faults that this image is too small for; told once. */
  warnings(size: number, chunkBytes: number): string[] {
    if (this.#isWarned) return [];
    this.#isWarned = true;
    const { corruptChunk, cutAt } = this.#options;
    const count = chunkCount(size, chunkBytes);
    const said: string[] = [];
    if (corruptChunk !== undefined && corruptChunk >= count) {
      said.push(
        `There is no chunk ${corruptChunk} to store wrongly: ` +
          `the image has ${count} chunks, from 0 to ${count - 1}.`,
      );
    }
    if (cutAt !== undefined && cutAt > size) {
      said.push(`The connections are not lost at byte ${cutAt}: the image has ${size} bytes.`);
    }
    return said;
  }

  /** How many of `length` bytes from `offset` on come before the connection is lost; else all. */
  cutWithin(offset: number, length: number): number | undefined {
    const { cutAt } = this.#options;
    if (this.#cutDone || cutAt === undefined || cutAt < offset || cutAt > offset + length) {
      return undefined;
    }
    this.#cutDone = true;
    return cutAt - offset;
  }

  /** The bytes as they are stored; `index` is the chunk they belong to. */
  spoil(index: number, offset: number, bytes: Uint8Array): Uint8Array {
    const { corruptChunk, corruptAlways } = this.#options;
    if (bytes.length === 0) return bytes;
    const isOnce = corruptChunk === index && !this.#corruptDone;
    if (isOnce) this.#corruptDone = true;
    if (!isOnce && !(corruptAlways && offset === 0)) return bytes;
    const spoilt = bytes.slice();
    spoilt[0]! ^= 0xff;
    return spoilt;
  }
}
