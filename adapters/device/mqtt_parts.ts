/** The parts of an image that were asked for over MQTT: which of them are awaited, and which have come. */
import { PART_BYTES_MIN } from "../../core/mod.ts";
import type { Claim } from "./claims.ts";

/** A part as it is asked for: it may be longer than what is missing of it. */
export type Part = readonly [offset: number, length: number];

/** Those of one download. */
export class MqttParts {
  /** Bytes of the image. */
  readonly #size: number;
  /** Asked for and not come, with how often: nothing else is taken. */
  readonly #asked = new Map<string, number>();
  readonly #came = new Set<string>();
  /** Asked for, not come, and still awaited. */
  readonly #awaited = new Map<string, Claim>();

  /** None yet; `size`: bytes of the image. */
  constructor(size: number) {
    this.#size = size;
  }

  /** Whether something is awaited. */
  get areAwaited(): boolean {
    return this.#awaited.size > 0;
  }

  /** What is awaited. */
  get awaited(): readonly Claim[] {
    return [...this.#awaited.values()];
  }

  /** Whether one more may be asked for, with so many on their way at most; one that is weak goes alone. */
  hasRoom(inFlight: number): boolean {
    const claims = this.awaited;
    return claims.length < inFlight && !claims.some(({ isWeak }) => isWeak);
  }

  /** The part to ask for; it is awaited from now on. */
  await(claim: Claim): Part {
    const [start, end] = claim.span;
    const length = Math.min(Math.max(end - start, PART_BYTES_MIN), this.#size - start);
    const name = nameOf([start, length]);
    this.#asked.set(name, (this.#asked.get(name) ?? 0) + 1);
    this.#awaited.set(name, claim);
    return [start, length];
  }

  /** It has come; false: it is not to be taken. What comes twice is, and counts where it is stored. */
  came(part: Part): boolean {
    const name = nameOf(part);
    const times = this.#asked.get(name) ?? 0;
    if (times === 0 && !this.#came.has(name)) return false;
    if (times > 1) this.#asked.set(name, times - 1);
    else this.#asked.delete(name);
    this.#came.add(name);
    return true;
  }

  /** What it was awaited for, if it was: it is not any more. */
  claimOf(part: Part): Claim | undefined {
    const name = nameOf(part);
    const claim = this.#awaited.get(name);
    this.#awaited.delete(name);
    return claim;
  }

  /** Nothing is awaited any more: what that was for. */
  drop(): readonly Claim[] {
    const claims = this.awaited;
    this.#awaited.clear();
    return claims;
  }
}

function nameOf([offset, length]: Part): string {
  return `${offset} ${length}`;
}
