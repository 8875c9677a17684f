/** Whether the broker is still there: told by the bytes that come from it, not by its answers alone. */
import type { MqttClient } from "mqtt";
import type { Patience } from "./patience.ts";

/**
 * A broker that owes an answer and has not said a word for so long is not there any more, unless the
 * network is known for longer silences: with a connection that is given up goes what is under way. Less
 * would take a few segments that are lost again and again for that (RFC 6298 §5).
 */
const SILENCE_MS = 10_000;
const LOOK_MS = 1_000;
/** A broker hears of a device that only takes bytes as often. */
const PING_MS = 10_000;

/** The life of a broker, as its client sees it. */
export class BrokerLife {
  readonly #client: MqttClient;
  readonly #patience: Patience;
  readonly #onSilence: () => void;
  /** What the broker has not acknowledged, and since when it could. */
  readonly #unanswered = new Set<{ readonly since: number }>();
  readonly #look: ReturnType<typeof setInterval>;
  #heardAt = -Infinity;
  #pingedAt = 0;

  /** `onSilence` is told of a broker that was connected and is not there any more. */
  constructor(client: MqttClient, patience: Patience, onSilence: () => void) {
    this.#client = client;
    this.#patience = patience;
    this.#onSilence = onSilence;
    client.on("packetreceive", () => this.#heardAt = performance.now());
    this.#look = setInterval(() => this.#lookForLife(), LOOK_MS);
  }

  /** When a byte last came, by `performance.now()`. */
  get heardAt(): number {
    return this.#heardAt;
  }

  /** There is a new connection. */
  connected(): void {
    this.#pingedAt = performance.now();
    this.#client.stream.on("data", () => this.#heard());
  }

  /** The broker owes an answer until the promise is settled; how long that took, in milliseconds. */
  async owes(answer: Promise<unknown>): Promise<number> {
    const unanswered = { since: performance.now() };
    this.#unanswered.add(unanswered);
    await answer.finally(() => this.#unanswered.delete(unanswered));
    return performance.now() - unanswered.since;
  }

  /** Nobody looks any more. */
  close(): void {
    clearInterval(this.#look);
  }

  /** Where bytes come slowly, the answer to a ping comes behind many of them: they are answer enough. */
  #heard(): void {
    this.#heardAt = performance.now();
    if (this.#heardAt - this.#pingedAt < PING_MS) return;
    this.#pingedAt = this.#heardAt;
    this.#client.sendPing();
    this.#client.reschedulePing(true);
  }

  #lookForLife(): void {
    const [oldest] = this.#unanswered;
    if (!oldest || !this.#client.connected) return;
    const silentMs = performance.now() - Math.max(oldest.since, this.#heardAt);
    if (silentMs < Math.max(SILENCE_MS, this.#patience.silenceMs)) return;
    this.#patience.waited(silentMs);
    this.#onSilence();
  }
}
