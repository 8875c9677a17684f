/**
 * L4: whoever logged in with a token that ends (replaced, or replaced with an overlap that is over, or
 * its device is revoked) is cut by the engine that ended it, unless that dies before; nobody else is.
 */

import type { Life, SeenRow } from "../watch.ts";
import type { Court, Judge } from "./judge.ts";
import { deviceOf } from "./naive.ts";

/** A cut comes within a tick, once the engine has written that late. */
const TICK_MS = 60_000;

interface Cut {
  readonly device: string;
  readonly life: Life;
  /** Engine time. */
  due: number;
  /** The row that asks for it. */
  readonly seq: number;
  /** Since when the engine must know that it is due. */
  lateSince?: number | undefined;
}

/** Judges that tokens end. */
export class LockedOut implements Judge {
  readonly #court: Court;
  #open: Cut[] = [];
  /** Devices that have, or had, a token. */
  readonly #known = new Set<string>();
  /** Devices of which a token ended, or will. */
  readonly #ending = new Set<string>();
  /** Engine time of the last row. */
  #lastAt = 0;

  constructor(court: Court) {
    this.#court = court;
  }

  beforeRow({ header: { seq, stream }, fact }: SeenRow, life: Life): void {
    this.#lastAt = fact.at;
    const device = deviceOf(stream);
    if (fact.type === "DeviceRevoked") {
      this.#expect({ device, life, seq, due: fact.at });
    } else if (fact.type === "TokenIssued" && this.#known.has(device)) {
      this.#expect({ device, life, seq, due: fact.at + fact.data.overlap_ms });
    } else if (fact.type === "TokenIssued") this.#known.add(device);
  }

  committed(_rows: unknown, _writes: unknown, life: Life): void {
    const { now } = this.#court.sight;
    for (const cut of this.#open) {
      if (cut.life !== life || cut.due > this.#lastAt) continue;
      cut.lateSince ??= now;
      if (now <= cut.lateSince + TICK_MS) continue;
      this.#court.deny("L4", `Row ${cut.seq} locks ${cut.device} out, but it was never cut.`);
    }
  }

  /** What is late by this is not late by the engine. */
  froze(): void {
    for (const cut of this.#open) cut.lateSince = undefined;
  }

  disconnected(device: string, life: Life, at: number): void {
    if (!this.#ending.has(device)) {
      this.#court.deny("L4", `${device} is cut, though no token of it ended.`);
    }
    this.#open = this.#open.filter((cut) =>
      cut.life !== life || cut.device !== device || cut.due > at
    );
  }

  died(life: Life): void {
    this.#open = this.#open.filter((cut) => cut.life !== life);
  }

  #expect(cut: Cut): void {
    this.#ending.add(cut.device);
    // What was to end later than this ends with it.
    for (const other of this.#open) {
      if (other.device === cut.device) other.due = Math.min(other.due, cut.due);
    }
    this.#open.push(cut);
  }
}
