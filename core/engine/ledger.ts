/**
 * The log as its engine knows it: where it stands, which device states are current, and whether the
 * store can be trusted. After a fault of the store nobody knows whether the batch was durable: it stays
 * in doubt until the store was opened again and says where the log stands.
 */
import { CACHE_DEVICES_MAX } from "../protocol/mod.ts";
import type { Audience } from "./audience.ts";
import { Cache } from "./cache.ts";
import type { LogHead, Ports, StoredDevice } from "./ports.ts";
import { positionOf } from "./position.ts";
import type { Position } from "./position.ts";
import type { Workspace } from "./workspace.ts";

/** A store that failed is opened again so soon, though nobody asks for anything. */
const REOPEN_MS = 1_000;

/** What a ledger works with. */
export interface LedgerDeps extends Pick<Ports, "store" | "clock"> {
  readonly audience: Audience;
  /** The log's id. */
  readonly log: string;
  /** The batch is durable: what is kept beside the log follows it. */
  readonly onDurable: (work: Workspace) => void;
}

/** The log of one engine. */
export class Ledger {
  readonly #deps: LedgerDeps;
  readonly #cache = new Cache<StoredDevice>(CACHE_DEVICES_MAX);
  #position: Position;
  #isSuspect = false;
  /** The batch whose commit is under way, or failed. */
  #inDoubt: Workspace | undefined;
  /** Takes back the timer that will open the store again. */
  #cancelReopen: (() => void) | undefined;

  /** `head` is what `store.open()` gave. */
  constructor(deps: LedgerDeps, head: LogHead) {
    this.#deps = deps;
    this.#position = positionOf(head, deps.log);
  }

  /** Where the log stands. */
  get position(): Position {
    return this.#position;
  }

  /** Set after a fault of the store: nothing is taken before it was opened and checked again. */
  get isSuspect(): boolean {
    return this.#isSuspect;
  }

  /** The device, if its state is known to be current. */
  cached(id: string): StoredDevice | undefined {
    return this.#cache.get(id);
  }

  /** Nobody knows what became of the store. */
  distrust(): void {
    this.#isSuspect = true;
  }

  /** Appends the batch, which is of so many inputs; throws when nobody knows whether it is durable. */
  async commit(work: Workspace, inputs = 0): Promise<void> {
    const writes = work.writes();
    if (writes.length === 0) return this.#settle(work);
    const { store, clock, audience } = this.#deps;
    const started = clock.monotonic();
    this.#inDoubt = work;
    await store.append(writes);
    const ms = clock.monotonic() - started;
    audience.tell((observer) => observer.committed?.({ inputs, rows: work.rowCount, ms }));
    this.#settle(work);
    audience.wake();
  }

  /**
   * Opens the store again; gives the batch that was in doubt, if it is durable after all. Throws when the
   * store still fails, and when another engine continued the log.
   */
  async reopen(): Promise<Workspace | undefined> {
    const head = await this.#deps.store.open();
    this.#cache.clear();
    const { log, epoch } = this.#position;
    if (head.epoch > epoch + 1) {
      throw new Error(`Another engine continued log ${log}. Stop this one.`);
    }
    const inDoubt = this.#inDoubt;
    const durable = inDoubt?.position.seq === head.seq ? inDoubt : undefined;
    if (durable) this.#settle(durable);
    this.#inDoubt = undefined;
    this.#position = { ...positionOf(head, log), epoch };
    this.#isSuspect = false;
    this.#deps.audience.wake();
    return durable;
  }

  /** A supervisor may keep everybody away until we are well: then no input would come to ask. */
  reopenSoon(ask: () => void): void {
    this.#cancelReopen?.();
    this.#cancelReopen = this.#deps.clock.after(REOPEN_MS, () => {
      if (this.#isSuspect) ask();
    });
  }

  /** The store is opened no more unasked. */
  close(): void {
    this.#cancelReopen?.();
  }

  #settle(work: Workspace): void {
    this.#inDoubt = undefined;
    this.#position = work.position;
    for (const [id, stored] of work.changedDevices()) this.#cache.set(id, stored);
    for (const type of work.recorded) {
      this.#deps.audience.tell((observer) => observer.recorded?.(type));
    }
    this.#deps.onDurable(work);
  }
}
