/**
 * A virtual device: reports and fetches over MQTT and HTTP as a real one would, stores the image in a
 * file, checks every chunk and the whole, resumes where it stopped, and fails on demand.
 */
import { Advice } from "./advice.ts";
import { boot } from "./boot.ts";
import { Choice, nameOf, other } from "./choice.ts";
import { Faults } from "./faults.ts";
import { Interruption } from "./interruption.ts";
import { connect } from "./link.ts";
import type { DeviceLink } from "./link.ts";
import { Mail } from "./mail.ts";
import { DeviceMemory } from "./memory.ts";
import type { DeviceEnd, DeviceOptions, DeviceStats, Mode, Transport } from "./options.ts";
import type { Parts } from "./parts.ts";
import { Session } from "./session.ts";
import type { SessionEnd } from "./session.ts";
import { countBytes, newTally, statsOf } from "./tally.ts";
import { Voice } from "./voice.ts";

/** One device. Made once, run once. */
export class VirtualDevice {
  readonly #options: DeviceOptions;
  readonly #faults: Faults;
  readonly #voice: Voice;
  readonly #tally = newTally();
  #mode: Mode;
  /** What reports went by when it was last connected. */
  #spoke: Transport = "mqtt";

  /** Nothing happens before `run`. */
  constructor(options: DeviceOptions) {
    this.#options = options;
    this.#faults = new Faults(options);
    this.#voice = new Voice(options);
    this.#mode = options.transport ?? "auto";
  }

  /** What it took so far. */
  get stats(): DeviceStats {
    return statsOf(this.#tally);
  }

  /**
   * Connects, asks, and goes through one task to its end, starting again from its folder after each
   * reboot. A broker that is not there is tried again until the signal says otherwise.
   *
   * @throws {Error} a sentence, when the engine refuses the device; the signal's reason when it is
   * aborted first.
   */
  async run(signal: AbortSignal = new AbortController().signal): Promise<DeviceEnd> {
    for (;;) {
      signal.throwIfAborted();
      const { folder, id, version } = this.#options;
      const memory = await DeviceMemory.open(folder, id, version ?? null);
      await boot(memory, this.#faults);
      const end = await this.#live(memory, signal);
      if (!(end instanceof Interruption)) return { ...end, stats: this.stats };
      if (end.how === "dark") {
        this.#state("dark", "it does not come back");
        return { outcome: "dark", taskId: memory.kept.task!.id, stats: this.stats };
      }
      this.#goOn(end);
    }
  }

  /** From one start to the next, or to the end. */
  async #live(memory: DeviceMemory, signal: AbortSignal): Promise<SessionEnd> {
    const { promise, resolve, reject } = Promise.withResolvers<SessionEnd>();
    const abort = () => reject(signal.reason);
    signal.addEventListener("abort", abort, { once: true });
    const { link, session } = this.#connect(memory, resolve, reject);
    try {
      return await promise;
    } finally {
      signal.removeEventListener("abort", abort);
      this.#spoke = link.speaks;
      const closed = session.close();
      await link.close();
      await closed;
    }
  }

  #connect(
    memory: DeviceMemory,
    resolve: (end: SessionEnd) => void,
    reject: (error: Error) => void,
  ): { link: DeviceLink; session: Session } {
    const options = this.#options;
    const [advice, mail] = [new Advice(), new Mail()];
    const choice = new Choice(this.#mode, (to, why) => this.#switched(to, why));
    const link = connect(this.#mode, options, {
      connecting: (host) => this.#state("connecting", `to ${host}`),
      up: () => {
        this.#state("connected");
        session.begin();
      },
      down: (host, why) => this.#state("unreachable", `${host}: ${why}. It goes on trying.`),
      refused: reject,
      message: (kind, payload) => session.receive(kind, payload),
      chunk: (taskId, offset, bytes) => {
        const isOfUse = mail.hand(({ chunk }) => chunk?.(taskId, offset, bytes));
        if (!isOfUse) countBytes(this.#tally, "mqtt", bytes.length);
      },
      line: (isUp) => {
        choice.line(isUp);
        mail.hand(({ line }) => line?.(isUp));
      },
    });
    const parts: Parts = {
      ...{ options, mode: this.#mode, memory, link, advice, choice, mail },
      say: (kind, payload) => this.#voice.say(link, kind, payload),
      faults: this.#faults,
      tally: this.#tally,
      emit: options.onEvent ?? (() => {}),
    };
    const session = new Session(parts, resolve);
    return { link, session };
  }

  #switched(transport: Transport, reason: string): void {
    this.#tally.switches++;
    this.#options.onEvent?.({ type: "switch", transport, reason });
  }

  #goOn({ how, message }: Interruption): void {
    if (how === "restart") this.#state("restarted", message);
    if (how !== "switch") return;
    this.#mode = other(this.#mode === "auto" ? this.#spoke : this.#mode);
    this.#state("switched", `to ${nameOf(this.#mode)}`);
  }

  #state(state: string, detail?: string): void {
    const event = { type: "state", state, ...(detail === undefined ? {} : { detail }) } as const;
    this.#options.onEvent?.(event);
  }
}
