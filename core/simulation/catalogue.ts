/** The products, the versions and the images of a simulation. */
import type { Image } from "../engine/mod.ts";
import type { ImageHeader, Sha256 } from "../log/mod.ts";
import type { Fate } from "./chance/fate.ts";

/** Versions that there are, `1.0.0` and on. */
export const VERSIONS = 12;
/** The version that devices wish for by themselves; it is there from the begin on. */
export const WISHED = "9.0.0";
/** Products of devices; `null`: a device of no product. */
export const PRODUCTS = ["pump", "valve", null] as const;

/** The n-th version. */
export function versionOf(nth: number): string {
  return `${nth}.0.0`;
}

/** Which version it is. */
export function numberOf(version: string): number {
  return Number(version.split(".")[0]);
}

/** An image and what it is called. */
export interface Build {
  readonly version: string;
  readonly product: string | null;
  readonly image: Image;
}

/** What can be installed. */
export class Catalogue {
  readonly #builds = new Map<string, Build>();
  readonly #byImage = new Map<string, Build>();

  /** Every version of every product. */
  constructor(fate: Fate, sha256: Sha256) {
    for (const product of PRODUCTS) {
      for (let nth = 1; nth <= VERSIONS; nth++) {
        const name = `${product} ${versionOf(nth)}`;
        const digest = sha256(new TextEncoder().encode(name));
        const size = fate.about(`size of ${name}`).spread(1_000, 4_000_000);
        const md5 = sha256(new TextEncoder().encode(`MD5 of ${name}`)).slice(0, 32);
        const header = headerOf(product, versionOf(nth), sha256(new TextEncoder().encode(digest)));
        const image = { sha256: digest, size, sha1: "00", md5, ...header };
        const build = { version: versionOf(nth), product, image };
        this.#builds.set(name, build);
        this.#byImage.set(digest, build);
      }
    }
  }

  /** The image of a version for the product. */
  build(product: string | null, version: string): Build {
    return this.#builds.get(`${product} ${version}`)!;
  }

  /** What an image is. */
  of(sha256: string): Build | undefined {
    return this.#byImage.get(sha256);
  }

  /** Everything there is. */
  get builds(): Iterable<Build> {
    return this.#builds.values();
  }
}

/** What the file says of itself: of each product another kind, of those without a product nothing. */
function headerOf(
  product: string | null,
  version: string,
  digest: string,
): { readonly header?: ImageHeader } {
  if (product === null) return {};
  return product === "pump"
    ? {
      header: {
        format: "esp",
        project: product,
        version,
        secure_version: 0,
        chip: "ESP32",
        digest,
      },
    }
    : { header: { format: "mcuboot", version: `${version}+0`, digest } };
}
