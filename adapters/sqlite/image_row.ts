/** Images as rows of their table. */
import type { Image } from "../../core/engine/mod.ts";
import type { ImagesTable } from "./schema.ts";

/** The image that a row has. */
export function imageOf({ sha256, size, sha1, md5, header }: ImagesTable): Image {
  return { sha256, size, sha1, md5, ...(header === null ? {} : { header: JSON.parse(header) }) };
}
