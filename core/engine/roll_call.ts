/**
 * Devices behind a broker do not show when they come: whenever it can be reached again, all of them
 * are told what they are owed, and what waits for them gets its turn.
 */
import type { Answer, CallInput } from "./inputs.ts";
import type { Clock, Outbox, Store } from "./ports.ts";

/** Devices that are called at once. */
const PAGE_DEVICES = 200;
/** Devices that could not be called are called again so soon. */
const RETRY_MS = 1_000;

/** What a roll call needs. */
export interface RollCallPorts {
  readonly store: Pick<Store, "devicesToCall">;
  readonly outbox: Pick<Outbox, "room">;
  readonly clock: Pick<Clock, "after">;
  /** Queues the input; resolves when it was decided. */
  submit(input: CallInput): Promise<Answer>;
  /** Told when the store could not be asked; it is asked again in a second. */
  onFault(error: unknown): void;
}

/** One roll call at a time: a new one ends the one before. */
export class RollCall {
  readonly #ports: RollCallPorts;
  #round = 0;
  /** Takes back the timer that will go on after a fault. */
  #cancel: (() => void) | undefined;

  /** Nobody is called before `begin`. */
  constructor(ports: RollCallPorts) {
    this.#ports = ports;
  }

  /** Calls everybody, as fast as the messages are taken. */
  async begin(): Promise<void> {
    this.end();
    await this.#callFrom("", this.#round);
  }

  /** Nobody is called any more. */
  end(): void {
    this.#round++;
    this.#cancel?.();
  }

  async #callFrom(start: string, round: number): Promise<void> {
    const { store, outbox, submit, onFault } = this.#ports;
    let after = start;
    try {
      while (round === this.#round) {
        const devices = await store.devicesToCall(after, PAGE_DEVICES);
        if (devices.length === 0 || round !== this.#round) return;
        const calls = devices.map((device) => submit({ kind: "call", device }));
        const isRefused = (answer: Answer) => !answer.ok && answer.problem.status === 503;
        if ((await Promise.all(calls)).some(isRefused)) return this.#goOnLater(after, round);
        await outbox.room?.();
        after = devices.at(-1)!;
      }
    } catch (error) {
      onFault(error);
      this.#goOnLater(after, round);
    }
  }

  #goOnLater(after: string, round: number): void {
    if (round !== this.#round) return;
    const { clock } = this.#ports;
    this.#cancel = clock.after(RETRY_MS, () => void this.#callFrom(after, round));
  }
}
