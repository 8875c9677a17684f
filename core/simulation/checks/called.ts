/**
 * L4, before anything has healed: where a broker carries everything, whoever is heard was called. What
 * is owed and never left an engine (its commit failed and was durable, or it died) leaves as soon as the
 * store has recovered or the broker can be reached, or when a device that was gone is heard again.
 */
import type { Answer, OutboundMessage } from "../../engine/mod.ts";
import type { Life, Submission } from "../watch.ts";
import type { Court, Judge } from "./judge.ts";
import type { NaiveOwed } from "./naive_owed.ts";

/** A roll call takes a moment, and may have to be repeated. */
const WITHIN_MS = 60_000;

/** A device that was heard, and what had not left for it by then. */
interface Heard {
  readonly at: number;
  readonly unsent: readonly NaiveOwed[];
}

/** Judges that nobody is forgotten in a roll call. */
export class Called implements Judge {
  readonly #court: Court;
  /** What left an engine since it was owed. */
  readonly #sent = new WeakSet<NaiveOwed>();
  readonly #heard = new Map<string, Heard>();
  /** The newest life that can be reached. */
  #life: Life | undefined;
  #isReachable = false;
  #hasFailed = false;
  /** From when on nothing kept it from its roll call. */
  #since = Infinity;

  constructor(court: Court) {
    this.#court = court;
  }

  reachable(isReachable: boolean, life: Life): void {
    if (this.#life && life.number < this.#life.number) return;
    if (life !== this.#life) this.#hasFailed = false;
    this.#life = life;
    this.#isReachable = isReachable;
    this.#begin(0);
  }

  opened(life: Life): void {
    if (life !== this.#life || !this.#hasFailed) return;
    this.#hasFailed = false;
    this.#begin(0);
  }

  failed(life: Life): void {
    if (life !== this.#life) return;
    this.#hasFailed = true;
    this.#begin(0);
  }

  froze(ms: number, life: Life): void {
    if (life === this.#life) this.#begin(ms);
  }

  died(life: Life): void {
    if (life !== this.#life) return;
    this.#life = undefined;
    this.#isReachable = false;
    this.#begin(0);
  }

  sent({ device, owed: name }: OutboundMessage): void {
    if (!name) return;
    const owed = this.#court.naive.devices.get(device)?.owed.get(name.task);
    if (owed?.kind === name.kind && owed.attempt === name.attempt) this.#sent.add(owed);
  }

  answered({ input, life }: Submission, answer: Answer): void {
    const { now, isBrokered } = this.#court.sight;
    if (!isBrokered || !answer.ok || input.kind !== "report") return;
    if (life !== this.#life || now < this.#since || this.#heard.has(input.device)) return;
    const device = this.#court.naive.devices.get(input.device);
    // Who only fetches is not behind the broker.
    if (!device || device.isFetcher) return;
    const owed = device.owed.values();
    const unsent = [...owed].filter((one) => !this.#sent.has(one));
    if (unsent.length > 0) this.#heard.set(input.device, { at: now, unsent });
  }

  minute(): void {
    const { now } = this.#court.sight;
    for (const [device, { at, unsent }] of this.#heard) {
      if (now <= at + WITHIN_MS) continue;
      this.#heard.delete(device);
      const owed = this.#court.naive.devices.get(device)?.owed;
      const left = unsent.find((one) => owed?.get(one.task) === one && !this.#sent.has(one));
      if (!left) continue;
      const { kind, task } = left;
      this.#court.deny("L4", `Device ${device} was heard, and ${kind} of ${task} never left.`);
    }
  }

  /** The roll call begins in so long, if nothing keeps it from that. */
  #begin(ms: number): void {
    const isWell = this.#isReachable && !this.#hasFailed;
    this.#since = isWell ? this.#court.sight.now + ms : Infinity;
    this.#heard.clear();
  }
}
