/** The tokens that operators issue, and how devices come by them: somebody has to bring each there. */
import type { Command } from "../engine/mod.ts";
import type { Random } from "./chance/random.ts";
import type { Ordered } from "./order.ts";
import type { World } from "./world.ts";

/** In the form that a salted digest has; nobody logs in with it. */
export const ANY_HASH = `$6$0123456789abcdef$${"A".repeat(86)}==`;
/** Longest overlap of two tokens. */
const OVERLAP_MS = 7_200_000;
/** A device has its new token after so long at the latest; in a world that has healed. */
const VISIT_MS = 4 * 3_600_000;
const VISIT_HEALED_MS = 60_000;
const HALF_PPM = 500_000;

/** A device that somebody can go to. */
export interface Owned extends Ordered {
  readonly flash: Ordered["flash"] & { readonly token: string };
  /** Gives it the token. */
  carry(token: string): void;
}

/** The token that a device is made with, by its SHA-256. */
export function firstToken(world: World, device: string): string {
  return world.sha256(new TextEncoder().encode(`token of ${device}`));
}

/** What operators know of tokens. */
export class Keyring {
  readonly #world: World;
  /** Devices that may not have the token that they need. */
  readonly #waiting = new Set<Owned>();

  /** Every device has its first token. */
  constructor(world: World) {
    this.#world = world;
  }

  /** The command that gives the device a new token; those before it end at once, or a little later. */
  issue(how: Random, { id }: Owned): Extract<Command, { type: "issueToken" }> {
    const token = `token of ${id}, ${how.next()}`;
    return {
      type: "issueToken",
      device: id,
      tokenSha256: this.#world.sha256(new TextEncoder().encode(token)),
      tokenSha512: ANY_HASH,
      overlapMs: how.chance(HALF_PPM) ? 0 : how.spread(1_000, OVERLAP_MS),
    };
  }

  /** The device has one that it does not know of: somebody goes there, perhaps too late. */
  visitSoon(how: Random, device: Owned): void {
    this.#waiting.add(device);
    const ms = how.spread(1_000, VISIT_MS);
    const mostMs = this.#world.fate.isHealed ? VISIT_HEALED_MS : VISIT_MS;
    this.#world.after(Math.min(ms, mostMs), () => this.#visit(device));
  }

  /** Somebody goes to all of them at once. */
  visitAll(): void {
    for (const device of this.#waiting) this.#visit(device);
  }

  /** Of several that were issued the last is the one that lasts. */
  #visit(device: Owned): void {
    this.#waiting.delete(device);
    const last = this.#world.disk.stored(device.id)?.tokens.at(-1);
    if (last) device.carry(last.sha256);
  }
}
