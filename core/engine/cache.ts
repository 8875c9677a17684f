interface Entry<T> {
  value: T;
  /** Which use of the cache made it the youngest. */
  movedAt: number;
}

/**
 * A bounded map that forgets what was used longest ago. What was made the youngest just now is not
 * made so again: moving an entry costs ten times what finding it does.
 */
export class Cache<T> {
  readonly #max: number;
  /** Those that were used longest ago first, but for the last few uses. */
  readonly #entries = new Map<string, Entry<T>>();
  readonly #few: number;
  #uses = 0;

  /** Keeps at most `max` entries. */
  constructor(max: number) {
    this.#max = max;
    this.#few = max >> 3;
  }

  /** The value of the key, which now counts as just used. */
  get(key: string): T | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    if (++this.#uses - entry.movedAt > this.#few) this.#move(key, entry);
    return entry.value;
  }

  /** Keeps the value; the entry used longest ago goes when there are too many. */
  set(key: string, value: T): void {
    this.#uses++;
    this.#move(key, { value, movedAt: 0 });
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

  #move(key: string, entry: Entry<T>): void {
    entry.movedAt = this.#uses;
    this.#entries.delete(key);
    this.#entries.set(key, entry);
  }
}
