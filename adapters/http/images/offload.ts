/**
 * Bytes that the proxy before the engine sends: the engine decides and records, and names the file.
 * Which range of it was asked for the proxy sees itself, with the entity tag that it is told.
 */
import type { Image } from "../../../core/engine/mod.ts";
import type { ImageAnswer } from "./image_answer.ts";

/** How the proxy is told which file to send. */
export interface Offload {
  /** The header field. */
  readonly field: "x-accel-redirect" | "x-sendfile";
  /** What it says for an image. */
  fileOf(sha256: string): string;
}

/** Where nginx has the images, in its own configuration; nobody outside gets there. */
const INTERNAL = "/otalog-images/";

/** `pathOf` gives the absolute path of an image. */
export function offloadBy(field: Offload["field"], pathOf: (sha256: string) => string): Offload {
  return field === "x-sendfile"
    ? { field, fileOf: pathOf }
    : { field, fileOf: (sha256) => INTERNAL + sha256 };
}

/** The answer for the proxy, in place of one with the bytes. */
export function offloaded(
  { field, fileOf }: Offload,
  { sha256 }: Image,
  { fields }: ImageAnswer,
): Record<string, string> {
  const { "content-length": _, "content-range": __, ...kept } = fields;
  return { ...kept, "content-length": "0", [field]: fileOf(sha256) };
}
