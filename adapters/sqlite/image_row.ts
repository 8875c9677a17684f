/** Images, and the versions that name them, as rows of their tables. */
import type { Image, Release } from "../../core/engine/mod.ts";
import type { ImagesTable, ReleasesTable } from "./schema.ts";

/** The image that a row has. */
export function imageOf({ sha256, size, sha1, md5, header }: ImagesTable): Image {
  return { sha256, size, sha1, md5, ...(header === null ? {} : { header: JSON.parse(header) }) };
}

/** The release that a row has. */
export function releaseOf(row: ReleasesTable): Release {
  const { version, product, sha256, named_at: namedAt, header_ignored } = row;
  return {
    version,
    product: product === "" ? null : product,
    sha256,
    namedAt,
    ...(header_ignored === 1 ? { headerIgnored: true } : {}),
  };
}
