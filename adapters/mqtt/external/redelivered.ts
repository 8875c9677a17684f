/**
 * What a broker sends again by a new connection, until it has sent all of it. The core knows which of
 * it was decided before.
 */
import { decidedBefore } from "../../../core/engine/mod.ts";
import type { Again } from "../../../core/engine/mod.ts";
import { isReportKind, parseTopic } from "../../../core/mod.ts";
import { packetKey } from "../packet_key.ts";
import type { Publish } from "./publish.ts";

/** What is needed to tell. */
export interface RedeliveredOptions {
  /** Topic prefix with its leading slash. */
  readonly prefix: string;
  /** The client id: packet ids belong to it. */
  readonly session: string;
  /** The keys of the last packets of a device that are on record. */
  knownPackets(device: string): Promise<readonly string[]>;
  /** Calls back when the broker has sent whatever it had to send before. */
  settle(done: () => void): void;
  /** Takes a message; `isDecided`: it was decided on before, and is acknowledged alone. */
  take(publish: Publish, isDecided: boolean): void;
  /** It cannot be told: the broker has to send everything again. */
  refuse(): void;
}

/** Of QoS 0, which promises nothing, no more is held. */
const HELD_MAX = 4_096;

/** Stands before the intake of one connection. */
export class Redelivered {
  readonly #options: RedeliveredOptions;
  /** From the first message that comes again on, everything: nothing overtakes anything. */
  #held: Publish[] | undefined;

  /** Passes on what comes for the first time. */
  constructor(options: RedeliveredOptions) {
    this.#options = options;
  }

  /** Takes a message from the wire. */
  take(publish: Publish): void {
    if (this.#held) {
      if (publish.qos > 0 || this.#held.length < HELD_MAX) this.#held.push(publish);
    } else if (publish.dup && publish.id !== undefined) {
      this.#held = [publish];
      this.#options.settle(() => void this.#release());
    } else this.#options.take(publish, false);
  }

  async #release(): Promise<void> {
    const held = this.#held!;
    try {
      const decided = await this.#decided(held);
      this.#held = undefined;
      for (const publish of held) this.#options.take(publish, decided.has(publish));
    } catch {
      this.#options.refuse();
    }
  }

  /** Those that come before one of the same device which is on record. */
  async #decided(held: readonly Publish[]): Promise<ReadonlySet<Publish>> {
    const decided = new Set<Publish>();
    for (const [device, again] of this.#againByDevice(held)) {
      const known = await this.#options.knownPackets(device);
      for (const publish of decidedBefore(again, known)) decided.add(publish);
    }
    return decided;
  }

  #againByDevice(held: readonly Publish[]) {
    const { prefix, session } = this.#options;
    const devices = new Map<string, Again<Publish>[]>();
    for (const publish of held) {
      const { id, topic, payload, dup } = publish;
      const { device, rest } = parseTopic(prefix, topic) ?? { rest: "" };
      if (!dup || id === undefined || !payload || !device || !isReportKind(rest)) continue;
      const again = devices.get(device) ?? [];
      devices.set(device, again);
      const key = packetKey(session, id, { topic, payload });
      again.push({ message: publish, report: rest, key });
    }
    return devices;
  }
}
