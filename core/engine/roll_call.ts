/**
 * Devices behind a broker do not show when they come: whenever it can be reached again, all of them
 * are told what they are owed, and what waits for them gets its turn.
 */
import type { Answer, CallInput } from "./inputs.ts";
import type { Outbox, Store } from "./ports.ts";

/** Devices that are called at once. */
const PAGE_DEVICES = 200;

/** What a roll call needs. */
export interface RollCallPorts {
  readonly store: Pick<Store, "devicesToCall">;
  readonly outbox: Pick<Outbox, "room">;
  /** Queues the input; resolves when it was decided. */
  submit(input: CallInput): Promise<Answer>;
  /** Told when the store could not be asked: whoever is not called is called the next time. */
  onFault(error: unknown): void;
}

/** One roll call at a time: a new one ends the one before. */
export class RollCall {
  readonly #ports: RollCallPorts;
  #round = 0;

  /** Nobody is called before `begin`. */
  constructor(ports: RollCallPorts) {
    this.#ports = ports;
  }

  /** Calls everybody, as fast as the messages are taken. */
  async begin(): Promise<void> {
    const round = ++this.#round;
    try {
      let after = "";
      while (round === this.#round) {
        const devices = await this.#ports.store.devicesToCall(after, PAGE_DEVICES);
        if (devices.length === 0 || round !== this.#round) return;
        const calls = devices.map((device) => this.#ports.submit({ kind: "call", device }));
        await Promise.all(calls);
        await this.#ports.outbox.room?.();
        after = devices.at(-1)!;
      }
    } catch (error) {
      this.#ports.onFault(error);
    }
  }

  /** Nobody is called any more. */
  end(): void {
    this.#round++;
  }
}
