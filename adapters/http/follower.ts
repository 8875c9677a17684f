/** One who follows the log: the position reached, and whether there may be more. */

/** A page of the log as Server-Sent Events; never empty. */
export interface EventPage {
  /** The position after it. */
  readonly last: number;
  readonly bytes: Uint8Array;
}

/** What a follower reads. */
export interface Pages {
  /** The page after a position; `undefined`: there is none yet. */
  page(after: number): Promise<EventPage | undefined>;
  /** Whether nothing more will come than what is committed. */
  readonly isClosing: boolean;
}

/** A comment: proxies and dead peers are noticed by what is written, not by silence. */
const ALIVE = new TextEncoder().encode(": alive\n\n");

/** The source of a stream that is made only as it is read. */
export class Follower implements UnderlyingDefaultSource<Uint8Array> {
  readonly #pages: Pages;
  readonly #aliveEveryMs: number;
  #after: number;
  /** Set when rows were committed since the last look, however long that look took. */
  #mayHaveMore = false;
  #isOver = false;
  #endWait = () => {};

  constructor(pages: Pages, after: number, aliveEveryMs: number) {
    this.#pages = pages;
    this.#after = after;
    this.#aliveEveryMs = aliveEveryMs;
  }

  /** There may be more rows, or no more to wait for. */
  wake(): void {
    this.#mayHaveMore = true;
    this.#endWait();
  }

  async pull(controller: ReadableStreamDefaultController<Uint8Array>): Promise<void> {
    while (!this.#isOver) {
      this.#mayHaveMore = false;
      const page = await this.#pages.page(this.#after);
      if (this.#isOver) return;
      if (page) {
        this.#after = page.last;
        return controller.enqueue(page.bytes);
      }
      if (this.#mayHaveMore) continue;
      if (this.#pages.isClosing) return controller.close();
      const isTimeToSpeak = await this.#wait();
      if (isTimeToSpeak && !this.#isOver) return controller.enqueue(ALIVE);
    }
  }

  cancel(): void {
    this.#isOver = true;
    this.#endWait();
  }

  /** Waits until it is woken, or (true) until something must be said to show that we are here. */
  async #wait(): Promise<boolean> {
    const { promise, resolve } = Promise.withResolvers<boolean>();
    this.#endWait = () => resolve(false);
    const timer = setTimeout(() => resolve(true), this.#aliveEveryMs);
    return await promise.finally(() => clearTimeout(timer));
  }
}
