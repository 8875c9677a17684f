/**
 * What images say of themselves, read from their bytes: which project, version and chip they are for,
 * and the digest by which they call themselves when they run. Whatever the bytes are, nothing throws,
 * and no more than 66 KiB of them are looked at.
 */
import { ESP_HEAD_BYTES, readEsp } from "./esp.ts";
import { headOf } from "./fields.ts";
import type { FoundHeader, HeaderSource } from "./image_header.ts";
import { readMcuboot } from "./mcuboot.ts";

export type { FoundHeader, HeaderSource, ImageHeader } from "./image_header.ts";

/** The header of the image; `undefined`: it has none that is known. Rejects only if `read` does. */
export async function readHeader(bytes: HeaderSource): Promise<FoundHeader | undefined> {
  const head = await headOf(bytes, ESP_HEAD_BYTES);
  return await readEsp(bytes, head) ?? await readMcuboot(bytes, head);
}
