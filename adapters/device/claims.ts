/** Which of the missing bytes have been asked for and are awaited, so that nobody asks for them again. */
import { nextSpan, without } from "./spans.ts";
import type { Span } from "./spans.ts";

/** Bytes that are awaited. */
export interface Claim {
  readonly span: Span;
  /** They may not come: whoever has nothing else to fetch need not wait for them, from some time on. */
  isWeak: boolean;
  /** That time, in ms of a clock that never steps. */
  looseAt: number;
  /** It is about to be dropped: how much of it has come is not known yet. */
  isEnding: boolean;
}

/** The claims on one image. */
export class Claims {
  readonly #claims = new Set<Claim>();

  /**
   * What to ask for next: the first bytes that nobody awaits, within a grid of so many bytes; else, if
   * that is no try, the first that may not come. Nothing while a claim is ending: whoever is next goes
   * on at the very byte.
   */
  next(missing: readonly Span[], bytes: number, now: number, isTry = false): Span | undefined {
    if ([...this.#claims].some(({ isEnding }) => isEnding)) return undefined;
    const loose = this.#without(missing, ({ isWeak, looseAt }) => !isWeak || looseAt > now);
    const free = this.#without(loose, ({ isWeak }) => isWeak);
    return nextSpan(free, bytes) ?? (isTry ? undefined : nextSpan(loose, bytes));
  }

  /** The bytes are awaited until the claim is dropped. */
  claim(span: Span, isWeak = false): Claim {
    const claim = { span, isWeak, looseAt: 0, isEnding: false };
    this.#claims.add(claim);
    return claim;
  }

  /** How long until there is more to ask for, if nothing else happens, in ms. */
  looseInMs(now: number): number {
    const times = [...this.#claims].filter(({ isWeak, looseAt }) => isWeak && looseAt > now);
    return Math.min(...times.map(({ looseAt }) => looseAt - now));
  }

  /** They have come, or are not awaited any more. */
  drop(claim: Claim): void {
    this.#claims.delete(claim);
  }

  #without(spans: readonly Span[], isMeant: (claim: Claim) => boolean): readonly Span[] {
    return [...this.#claims].filter(isMeant).reduce((left, { span }) => without(left, span), spans);
  }
}
