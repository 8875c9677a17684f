/** What a device is told when it does not get the bytes that it asked for, though it may have them. */
import type { Refusal } from "../device/interpret.ts";
import type { ChunkEnd } from "./ports.ts";

/** The disk does not give them now, or has too much to do. */
export const UNREADABLE: Refusal = {
  code: "rate_limited",
  reason: "The engine cannot read that now. Ask again in a moment.",
};

/** Why a chunk went nowhere; `undefined`: it went, as far as anybody knows. */
export function refusalOf(end: ChunkEnd): Refusal | undefined {
  switch (end) {
    case "unheard":
      return {
        code: "not_allowed",
        reason: "Nobody hears chunk/# below your topic. Subscribe to it before you ask for bytes.",
      };
    case "too_large":
      return {
        code: "out_of_range",
        reason: "The broker takes no message of that size. Ask for smaller parts.",
      };
    default:
      return undefined;
  }
}
