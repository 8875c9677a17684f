/**
 * Bytes that the proxy before the engine sends: the engine decides and records, and names the file.
 * Which range of it was asked for the proxy sees itself, with the entity tag that it is told.
 */
import type { Image } from "../../../core/engine/mod.ts";
import type { DeviceDownload } from "./device_download.ts";
import type { AskedFor, ImageAnswer } from "./image_answer.ts";

/** How the proxy is told which file to send. */
export interface Offload {
  /** The header field. */
  readonly field: "x-accel-redirect" | "x-sendfile";
  /** What it says for an image. */
  fileOf(sha256: string): string;
}

/** Where nginx has the images, in its own configuration; nobody outside gets there. */
const INTERNAL = "/otalog-images/";
/** Some proxies decode what a path says, some do not: these characters mean the same to all. */
const PLAIN = /^[A-Za-z0-9._/-]+$/;

/**
 * `pathOf` gives the absolute path of an image.
 *
 * @throws {Error} when a proxy might read the path as another one; the sentence says what to do.
 */
export function offloadBy(field: Offload["field"], pathOf: (sha256: string) => string): Offload {
  if (field === "x-accel-redirect") return { field, fileOf: (sha256) => INTERNAL + sha256 };
  const folder = pathOf("");
  if (!PLAIN.test(folder)) {
    throw new Error(
      `Cannot tell a proxy of the images in ${folder}: it may read that path as another one. Choose a folder of letters, digits and . _ - with --data, or --offload x-accel-redirect.`,
    );
  }
  return { field, fileOf: pathOf };
}

/**
 * Whether the proxy is to send what was asked for: not all of the image, where only a range was asked
 * for, as it would send that; and nothing to a device of which we must see what it is given.
 */
export function isForProxy(
  { status }: ImageAnswer,
  { range }: AskedFor,
  download: DeviceDownload | undefined,
): boolean {
  const isAsAsked = status === 206 || status === 200 && range === undefined;
  return isAsAsked && (!download || download.isForOthers);
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
