/**
 * Devices behind a broker do not show when they come: whenever it can be reached again, all of them
 * are told what they are owed, and what waits for them gets its turn. Where it may have lost what they
 * said, those who may wait for an answer are given one.
 */
import type { Answer, CallInput } from "./inputs.ts";
import type { Clock, Outbox, Store } from "./ports.ts";

/** Devices that are called at once. */
const PAGE_DEVICES = 200;
/** Devices that could not be called are called again so soon. */
const RETRY_MS = 1_000;
/** A task that ended longer ago is none whose end its device waits for. */
const ENDED_MS = 3_600_000;

/** What a roll call needs. */
export interface RollCallPorts {
  readonly store: Pick<Store, "devicesToCall" | "devicesAtWork" | "tasksEnded">;
  readonly outbox: Pick<Outbox, "room">;
  readonly clock: Pick<Clock, "after" | "soon">;
  /** Engine time. */
  now(): number;
  /** Queues the input; resolves when it was decided. */
  submit(input: CallInput): Promise<Answer>;
  /** Told when the store could not be asked; it is asked again in a second. */
  onFault(error: unknown): void;
}

/** Whom to call, page by page. */
interface List {
  readonly isAnswer: boolean;
  /** The next ones; the same again until they were called. None: that was all. */
  page(): Promise<readonly string[]>;
  /** They were called. */
  called(): void;
}

/** One roll call at a time: a new one ends the one before. */
export class RollCall {
  readonly #ports: RollCallPorts;
  #round = 0;
  #isUnderWay = false;
  #isOnceMore = false;
  /** Whether not all were answered yet who may wait for it: a new roll call does not change that. */
  #owesAnswers = false;
  /** Takes back the timer that will go on after a fault. */
  #cancel: (() => void) | undefined;

  /** Nobody is called before `begin`. */
  constructor(ports: RollCallPorts) {
    this.#ports = ports;
  }

  /** Calls everybody, as fast as messages are taken; `hasForgotten`: and answers who may wait for it. */
  async begin(hasForgotten = false): Promise<void> {
    this.end();
    this.#isUnderWay = true;
    this.#owesAnswers ||= hasForgotten;
    const { store } = this.#ports;
    const owed = byDevice(false, (after) => store.devicesToCall(after, PAGE_DEVICES));
    const atWork = byDevice(true, (after) => store.devicesAtWork(after, PAGE_DEVICES));
    const lists = this.#owesAnswers ? [owed, atWork, this.#ended()] : [owed];
    await this.#call(lists, this.#round);
  }

  /** Calls everybody once more: now, or after the roll call that is under way. */
  again(): void {
    if (this.#isUnderWay) this.#isOnceMore = true;
    else void this.begin();
  }

  /** Nobody is called any more. */
  end(): void {
    this.#round++;
    this.#isUnderWay = this.#isOnceMore = false;
    this.#cancel?.();
  }

  /** Devices whose tasks ended lately, in the order of those ends. */
  #ended(): List {
    const { store, now } = this.#ports;
    let last = { endedAt: now() - ENDED_MS, task: "" };
    let next = last;
    const page = async () => {
      const tasks = await store.tasksEnded(last, PAGE_DEVICES);
      next = tasks.at(-1) ?? last;
      return [...new Set(tasks.map(({ device }) => device))];
    };
    return { isAnswer: true, page, called: () => void (last = next) };
  }

  async #call(lists: readonly List[], round: number): Promise<void> {
    let left = lists;
    try {
      while (left.length > 0 && round === this.#round) {
        const devices = await left[0]!.page();
        if (round !== this.#round) return;
        if (devices.length === 0) left = left.slice(1);
        else if (!await this.#callPage(left[0]!, devices)) return this.#goOnLater(left, round);
      }
      if (round === this.#round) this.#finish();
    } catch (error) {
      this.#ports.onFault(error);
      this.#goOnLater(left, round);
    }
  }

  /** False: not all of them could be called. */
  async #callPage(list: List, devices: readonly string[]): Promise<boolean> {
    const { outbox, submit } = this.#ports;
    const { isAnswer } = list;
    const calls = devices.map((device) => submit({ kind: "call", device, isAnswer }));
    if ((await Promise.all(calls)).some(isRefused)) return false;
    list.called();
    await outbox.room?.();
    // Of a fleet that is not there, page after page would be looked at before anything else is done.
    await new Promise<void>((resolve) => this.#ports.clock.soon(resolve));
    return true;
  }

  #finish(): void {
    this.#owesAnswers = this.#isUnderWay = false;
    if (this.#isOnceMore) void this.begin();
  }

  #goOnLater(lists: readonly List[], round: number): void {
    if (round !== this.#round) return;
    const { clock } = this.#ports;
    this.#cancel = clock.after(RETRY_MS, () => void this.#call(lists, round));
  }
}

/** Devices in the order of their ids. */
function byDevice(isAnswer: boolean, after: (device: string) => Promise<string[]>): List {
  let [last, next] = ["", ""];
  const page = async () => {
    const devices = await after(last);
    next = devices.at(-1) ?? last;
    return devices;
  };
  return { isAnswer, page, called: () => void (last = next) };
}

function isRefused(answer: Answer): boolean {
  return !answer.ok && answer.problem.status === 503;
}
