/** A bounded map that forgets what was used longest ago. */
export class Cache<T> {
  readonly #max: number;
  readonly #entries = new Map<string, T>();

  /** Keeps at most `max` entries. */
  constructor(max: number) {
    this.#max = max;
  }

  /** The value of the key, which now counts as just used. */
  get(key: string): T | undefined {
    const value = this.#entries.get(key);
    if (value !== undefined) {
      this.#entries.delete(key);
      this.#entries.set(key, value);
    }
    return value;
  }

  /** Keeps the value; the entry used longest ago goes when there are too many. */
  set(key: string, value: T): void {
    this.#entries.delete(key);
    this.#entries.set(key, value);
    if (this.#entries.size <= this.#max) return;
    const oldest = this.#entries.keys().next();
    if (!oldest.done) this.#entries.delete(oldest.value);
  }

  /** Forgets the key. */
  delete(key: string): void {
    this.#entries.delete(key);
  }

  /** Forgets everything. */
  clear(): void {
    this.#entries.clear();
  }
}
