/**
 * Who is told what happens in the engine: its observer, and those who wait for new rows. What they make
 * of it must not stop the loop.
 */
import type { Observer } from "./ports.ts";

/** The observer and the listeners of an engine. */
export class Audience {
  readonly #observer: Observer;
  readonly #listeners = new Set<() => void>();

  /** An engine need not have an observer. */
  constructor(observer: Observer = {}) {
    this.#observer = observer;
  }

  /** Tells the observer. */
  tell(what: (observer: Observer) => void): void {
    try {
      what(this.#observer);
    } catch {
      // An observer that fails has nobody to tell.
    }
  }

  /** Something went wrong that nobody else hears of. */
  fault(error: unknown): void {
    this.tell((observer) => observer.fault?.(error));
  }

  /** Calls the listener whenever rows became durable; the returned function ends that. */
  listen(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Rows became durable. */
  wake(): void {
    for (const listener of [...this.#listeners]) {
      try {
        listener();
      } catch (error) {
        this.fault(error);
      }
    }
  }
}
