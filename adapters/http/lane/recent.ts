/** A bounded map that forgets what came in longest ago. */
export class Recent<T> {
  readonly #max: number;
  readonly #entries = new Map<string, T>();

  /** Keeps at most `max` entries. */
  constructor(max: number) {
    this.#max = max;
  }

  get(key: string): T | undefined {
    return this.#entries.get(key);
  }

  set(key: string, value: T): void {
    this.#entries.set(key, value);
    if (this.#entries.size <= this.#max) return;
    const oldest = this.#entries.keys().next();
    if (!oldest.done) this.#entries.delete(oldest.value);
  }
}
