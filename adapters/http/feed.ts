/**
 * The log as it grows, for those who follow it. Each reads pages of committed rows as fast as it is
 * read itself, then waits for the next commit: nothing is kept for anybody.
 */
import { rowView } from "../../core/engine/mod.ts";
import type { EngineApi, Reads } from "../../core/engine/mod.ts";
import type { SealedRow } from "../../core/mod.ts";
import { Follower } from "./follower.ts";
import type { EventPage } from "./follower.ts";

/** Each follower holds a connection and a page of rows. */
export const FOLLOWERS_MAX = 64;
const PAGE_ROWS = 50;
/** So long the last rows may take to leave, when everything ends. */
const FAREWELL_MS = 1_000;

const encoder = new TextEncoder();

/** Somebody who follows the log. */
export interface Following {
  /** Server-Sent Events (HTML §9.2.5), made only as they are read. */
  readonly source: ReadableStream<Uint8Array>;
  /** Must be called when it is over; may be called more than once. */
  end(): void;
}

/** The log of a running engine. */
export class Feed {
  readonly #reads: Pick<Reads, "rows">;
  readonly #stopListening: () => void;
  readonly #followers = new Set<Follower>();
  /** The page that was read last since the last commit. */
  #latest: { readonly after: number; readonly page: Promise<EventPage | undefined> } | undefined;
  #onEmpty: (() => void) | undefined;

  /** Listens until `close`. */
  constructor(engine: Pick<EngineApi, "onCommitted">, reads: Pick<Reads, "rows">) {
    this.#reads = reads;
    this.#stopListening = engine.onCommitted(() => this.#wakeAll());
  }

  /** How many follow the log. */
  get size(): number {
    return this.#followers.size;
  }

  /** Everything after a position, and then what comes; `undefined`: there are too many already. */
  follow(after: number, aliveEveryMs: number): Following | undefined {
    if (this.#followers.size >= FOLLOWERS_MAX || this.isClosing) return undefined;
    const follower = new Follower(this, after, aliveEveryMs);
    this.#followers.add(follower);
    return {
      source: new ReadableStream(follower, { highWaterMark: 0 }),
      end: () => {
        this.#followers.delete(follower);
        if (this.#followers.size === 0) this.#onEmpty?.();
      },
    };
  }

  /** Whether nothing more will come than what is committed. */
  get isClosing(): boolean {
    return this.#onEmpty !== undefined;
  }

  /** Rows after a position as events; `undefined`: none yet. Those who are abreast share one look. */
  page(after: number): Promise<EventPage | undefined> {
    if (this.#latest?.after !== after) this.#latest = { after, page: this.#read(after) };
    return this.#latest.page;
  }

  /** Lets everybody have what is committed and go; whoever is slower is left to the listener. */
  async close(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#stopListening();
    this.#onEmpty = resolve;
    this.#wakeAll();
    if (this.#followers.size === 0) return;
    const timer = setTimeout(resolve, FAREWELL_MS);
    await promise.finally(() => clearTimeout(timer));
  }

  #wakeAll(): void {
    this.#latest = undefined;
    for (const follower of this.#followers) follower.wake();
  }

  async #read(after: number): Promise<EventPage | undefined> {
    try {
      const rows = await this.#reads.rows(undefined, after, PAGE_ROWS);
      const last = rows.at(-1);
      return last && { last: last.seq, bytes: encoder.encode(rows.map(eventOf).join("")) };
    } catch (error) {
      // The next one looks again.
      this.#latest = undefined;
      throw error;
    }
  }
}

/** The row as an event; JSON has no line breaks of its own. */
function eventOf(row: SealedRow): string {
  return `id: ${row.seq}\nevent: row\ndata: ${JSON.stringify(rowView(row))}\n\n`;
}
