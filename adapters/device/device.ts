/**
 * A virtual device: reports over MQTT or HTTP and fetches over HTTP as a real one would, stores the
 * image in a file, checks every chunk and the whole, resumes where it stopped, and fails on demand.
 */
import { boot } from "./boot.ts";
import { Faults } from "./faults.ts";
import { Interruption } from "./interruption.ts";
import { connect } from "./link.ts";
import type { DeviceLink } from "./link.ts";
import { DeviceMemory } from "./memory.ts";
import type { DeviceEnd, DeviceOptions, DeviceStats, Transport } from "./options.ts";
import type { Parts } from "./parts.ts";
import { Session } from "./session.ts";
import type { SessionEnd } from "./session.ts";
import { newTally, statsOf } from "./tally.ts";
import { Voice } from "./voice.ts";

/** One device. Made once, run once. */
export class VirtualDevice {
  readonly #options: DeviceOptions;
  readonly #faults: Faults;
  readonly #voice: Voice;
  readonly #tally = newTally();
  #transport: Transport;

  /** Nothing happens before `run`. */
  constructor(options: DeviceOptions) {
    this.#options = options;
    this.#faults = new Faults(options);
    this.#voice = new Voice(options);
    this.#transport = options.transport ?? "mqtt";
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
    const link = connect(this.#transport, options, {
      up: () => {
        this.#state("connected");
        session.begin();
      },
      down: (why) => this.#state("unreachable", `${link.host}: ${why}. It goes on trying.`),
      refused: reject,
      message: (kind, payload) => session.receive(kind, payload),
    });
    const parts: Parts = {
      options,
      memory,
      link,
      say: (kind, payload) => this.#voice.say(link, kind, payload),
      faults: this.#faults,
      tally: this.#tally,
      emit: options.onEvent ?? (() => {}),
    };
    this.#state("connecting", `to ${link.host}`);
    const session = new Session(parts, resolve);
    return { link, session };
  }

  #goOn({ how, message }: Interruption): void {
    if (how === "restart") this.#state("restarted", message);
    if (how !== "switch") return;
    this.#transport = this.#transport === "mqtt" ? "http" : "mqtt";
    this.#state("switched", `to ${this.#transport === "mqtt" ? "MQTT" : "HTTP"}`);
  }

  #state(state: string, detail?: string): void {
    const event = { type: "state", state, ...(detail === undefined ? {} : { detail }) } as const;
    this.#options.onEvent?.(event);
  }
}
