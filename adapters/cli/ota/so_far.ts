/** How far a task is, from what the API says of it. */
import type { Json } from "./api.ts";

/** A share from 0 to 1, and what is meant by it. */
export interface SoFar {
  readonly share: number;
  /** `given`: the device says nothing of what it has stored; so much of the image was given out to it. */
  readonly word: "stored" | "given";
}

/** What succeeded has all of its image, however it came to that. */
export function soFarOf({ state, completion, received, fetched, size }: Json): SoFar {
  if (state === "succeeded" || size === 0) return { share: 1, word: "stored" };
  return completion === "seen" && received === 0
    ? { share: Math.min(fetched / size, 1), word: "given" }
    : { share: received / size, word: "stored" };
}
