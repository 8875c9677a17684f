/** What the broker sends again by a new connection, until it has sent all of it: as the adapter does. */
import { decidedBefore } from "../../engine/mod.ts";
import type { Again } from "../../engine/mod.ts";
import type { Running } from "../running.ts";
import { packetKeyOf } from "../network/link.ts";
import type { Publish } from "../network/mqtt.ts";
import type { World } from "../world.ts";

/** What is needed to tell. */
export interface RedeliveredOptions {
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

/** Stands before the intake of one connection. */
export class Redelivered {
  readonly #options: RedeliveredOptions;
  /** From the first message that comes again on, everything. */
  #held: Publish[] | undefined;

  /** Passes on what comes for the first time. */
  constructor(options: RedeliveredOptions) {
    this.#options = options;
  }

  /** Takes a message of the broker. */
  take(publish: Publish): void {
    if (this.#held) this.#held.push(publish);
    else if (publish.isRepeat && publish.qos > 0) {
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

  async #decided(held: readonly Publish[]): Promise<ReadonlySet<Publish>> {
    const devices = new Map<string, Again<Publish>[]>();
    for (const publish of held) {
      const { letter, packet, qos, isRepeat } = publish;
      if (!isRepeat || qos === 0 || "message" in letter || letter.kind === "gone") continue;
      const again = devices.get(letter.device) ?? [];
      devices.set(letter.device, again);
      const key = packetKeyOf(this.#options.session, packet, letter);
      again.push({ message: publish, report: letter.kind, key });
    }
    const decided = new Set<Publish>();
    for (const [device, again] of devices) {
      const known = await this.#options.knownPackets(device);
      for (const publish of decidedBefore(again, known)) decided.add(publish);
    }
    return decided;
  }
}

/** What the log remembers of a device's packets; it may not be readable now. */
export function knownPackets(world: World, { life }: Running, device: string): Promise<string[]> {
  const isUnreadable = world.fate.happens("readError", "disk") !== undefined;
  return life.later(0, () => {
    if (isUnreadable) throw new Error("The disk failed.");
    return world.disk.device(device)?.taken.flatMap(({ packet }) => packet ?? []) ?? [];
  });
}
