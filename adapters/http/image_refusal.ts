/** What the store of images could not do, as a refusal. */
import type { Problem } from "../../core/mod.ts";
import type { ImageError, ImageErrorCode } from "../../firmware/mod.ts";
import { Refused } from "./problems.ts";

const statuses: Readonly<Record<ImageErrorCode, Problem["status"]>> = {
  too_large: 413,
  truncated: 400,
  stalled: 400,
  empty: 422,
  mismatch: 422,
  busy: 503,
  no_room: 503,
  io: 503,
};

/** The refusal that an error of the images means. */
export function imageRefusal({ code, message }: ImageError): Refused {
  return new Refused(statuses[code], message);
}
