/** The files of images: now and then one is gone, cannot be read, or holds other bytes. */
import type { World } from "../world.ts";

/** Longest trouble of a file: then somebody has brought back what belongs there. */
const TROUBLE_MS = 3_600_000;
const HALF_PPM = 500_000;

/** What becomes of a request: bytes, none as there is no file, or none as it cannot be read. */
export type Served = "right" | "wrong" | "missing" | "unreadable";

/** The files, whichever life of the engine reads them. */
export class Images {
  readonly #world: World;
  readonly #trouble = new Map<string, { readonly served: Served; readonly until: number }>();

  /** All of them are there and right. */
  constructor(world: World) {
    this.#world = world;
  }

  /** What whoever asks now is given; `occasion`: what its trouble may begin with. */
  look(sha256: string, occasion: string = sha256): Served {
    const { fate, now } = this.#world;
    const gone = fate.happens("imageGone", occasion);
    if (gone) {
      const served = gone.chance(HALF_PPM) ? "missing" : "unreadable";
      this.#trouble.set(sha256, { served, until: now + gone.spread(1_000, TROUBLE_MS) });
    }
    const wrong = fate.happens("wrongBytes", occasion);
    if (wrong) {
      const until = now + wrong.spread(1_000, TROUBLE_MS);
      this.#trouble.set(sha256, { served: "wrong", until });
    }
    const trouble = this.#trouble.get(sha256);
    return trouble && now < trouble.until && !fate.isHealed ? trouble.served : "right";
  }
}
