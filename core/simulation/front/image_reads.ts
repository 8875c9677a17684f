/** The files of images as one life of the engine reads them: slowly, now and then, or not at all. */
import type { Image, Images as ImagesPort } from "../../engine/mod.ts";
import type { Random } from "../chance/random.ts";
import { chunkDigest, imageBytes } from "../image_bytes.ts";
import type { Process } from "../machine/process.ts";
import type { World } from "../world.ts";
import type { Images } from "./images.ts";

/** Longest time that a read takes; a minute is a disk that is about to fail. */
const SLOW_MS = 60_000;
/** How long others take at most. */
const QUICK_MS = 20;

/** What could not be read. */
export class UnreadableImage extends Error {
  override readonly name = "UnreadableImage";
}

/** The reads of one life. */
export class ImageReads implements ImagesPort {
  readonly #world: World;
  readonly #files: Images;
  readonly #life: Process;
  readonly #random: Random;

  constructor(world: World, files: Images, life: Process) {
    this.#world = world;
    this.#files = files;
    this.#life = life;
    this.#random = world.fate.about(`reads of life ${life.number}`);
  }

  read({ sha256 }: Pick<Image, "sha256">, start: number, end: number): Promise<Uint8Array> {
    return this.#read(sha256, (isRight) => imageBytes(sha256, start, end, isRight));
  }

  chunkDigests(
    sha256: string,
    chunkBytes: number,
    from: number,
    count: number,
  ): Promise<readonly string[]> {
    return this.#read(
      sha256,
      () => Array.from({ length: count }, (_, n) => chunkDigest(sha256, chunkBytes, from + n)),
    );
  }

  #read<T>(sha256: string, read: (isRight: boolean) => T): Promise<T> {
    const { fate } = this.#world;
    const served = this.#files.look(sha256, `chunk of ${sha256}`);
    const fails = fate.happens("imageUnread", sha256) || served === "missing" ||
      served === "unreadable";
    const slow = fate.happens("imageSlow", sha256);
    const ms = slow ? slow.spread(100, SLOW_MS) : this.#random.below(QUICK_MS);
    return this.#life.later(ms, () => {
      if (fails) throw new UnreadableImage(`Image ${sha256} cannot be read now.`);
      return read(served === "right");
    });
  }
}
