/** Where all wait until everybody is there: what it costs to get ready is nobody's time. */

/** One start of many. */
export class StartLine {
  readonly #gun = Promise.withResolvers<void>();
  #missing: number;

  /** So many will come. */
  constructor(count: number) {
    this.#missing = count;
  }

  /** Resolves for all when the last one has come. */
  async ready(): Promise<void> {
    if (--this.#missing === 0) this.#gun.resolve();
    await this.#gun.promise;
  }
}
