/** Images and the versions that name them, as they are within one batch. */
import type { Image, Release, Store, Write } from "./ports.ts";

/** What the store has, and what the batch adds. */
export class BatchImages {
  readonly #store: Store;
  readonly #added: readonly Write[];

  /** `added` grows with the batch. */
  constructor(store: Store, added: readonly Write[]) {
    this.#store = store;
    this.#added = added;
  }

  /** The image of that SHA-256. */
  async of(sha256: string): Promise<Image | undefined> {
    const own = this.#added.find(({ models: { image } }) => image?.sha256 === sha256);
    return own?.models.image ?? await this.#store.image(sha256);
  }

  /** The version under the product, or under none. */
  async release(product: string | null, version: string): Promise<Release | undefined> {
    const own = this.#added.find(({ models: { release } }) =>
      release?.product === product && release.version === version
    );
    return own?.models.release ?? await this.#store.release(product, version);
  }

  /** The one version whose image the digest is of; what this batch names is not known by it yet. */
  async knownBy(product: string | null, digest: string): Promise<string | undefined> {
    const [version, ...others] = await this.#store.versionsKnownBy(product, digest);
    return others.length === 0 ? version : undefined;
  }

  /** That version under the product, or failing that the one without a product. */
  async firmware(
    product: string | null,
    version: string,
  ): Promise<{ release: Release; image: Image } | undefined> {
    const release = await this.release(product, version) ?? await this.release(null, version);
    const image = release && await this.of(release.sha256);
    return image && { release, image };
  }
}
