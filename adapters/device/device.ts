/**
 * A virtual device: reports over MQTT and fetches over HTTP as a real one would, stores the image in
 * a file, checks every chunk and the whole, resumes where it stopped, and fails on demand.
 */
import { Faults } from "./faults.ts";
import { DeviceLink } from "./link.ts";
import { DeviceMemory } from "./memory.ts";
import type { DeviceEnd, DeviceOptions, DeviceStats } from "./options.ts";
import { Session } from "./session.ts";
import { newTally } from "./tally.ts";

/** One device. Made once, run once. */
export class VirtualDevice {
  readonly #options: DeviceOptions;
  readonly #tally = newTally();

  /** Nothing happens before `run`. */
  constructor(options: DeviceOptions) {
    this.#options = options;
  }

  /** What it took so far. */
  get stats(): DeviceStats {
    return { ...this.#tally, chunks: [...this.#tally.chunks] };
  }

  /**
   * Connects, asks, and goes through one task to its end. A broker that is not there is tried again
   * until the signal says otherwise.
   *
   * @throws {Error} a sentence, when the broker refuses the device; the signal's reason when it is
   * aborted first.
   */
  async run(signal: AbortSignal = new AbortController().signal): Promise<DeviceEnd> {
    signal.throwIfAborted();
    const { folder, id, version } = this.#options;
    const memory = await DeviceMemory.open(folder, id, version ?? null);
    const { promise, resolve, reject } = Promise.withResolvers<DeviceEnd>();
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
    resolve: (end: DeviceEnd) => void,
    reject: (error: Error) => void,
  ): { link: DeviceLink; session: Session } {
    const options = this.#options;
    const emit = options.onEvent ?? (() => {});
    const state = (state: string, detail?: string) =>
      emit({ type: "state", state, ...(detail === undefined ? {} : { detail }) });
    const link = new DeviceLink(options, {
      up: () => {
        state("connected");
        session.ask();
      },
      down: (why) => state("unreachable", `${link.host}: ${why}. It goes on trying.`),
      refused: reject,
      message: (kind, payload) => session.receive(kind, payload),
    });
    const parts = { options, memory, link, faults: new Faults(options), tally: this.#tally, emit };
    const session = new Session(parts, (end) => resolve({ ...end, stats: this.stats }));
    state("connecting", `to ${link.host}`);
    return { link, session };
  }
}
