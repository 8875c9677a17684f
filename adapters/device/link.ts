/** The device's MQTT connection: subscribes at each connect, reports, and hands messages on. */
import type { Socket } from "node:net";
import mqtt from "mqtt";
import type { MqttClient } from "mqtt";
import { TOPIC_PREFIX, topicOf } from "../../core/mod.ts";
import type { ReportKind } from "../../core/mod.ts";
import type { DeviceOptions } from "./options.ts";
import { isRefusal, whyRefused, whyUnreachable } from "./reasons.ts";

/** What comes over the link. */
export interface LinkEvents {
  /** Connected and subscribed: now is the time to ask. */
  up(): void;
  /** There is no connection, and why; said once until the reason is another. It goes on trying. */
  down(why: string): void;
  /** The broker does not let the device in; nothing more comes. */
  refused(error: Error): void;
  /** A message of the engine, parsed; its kind is the last level of its topic. */
  message(kind: string, payload: Record<string, unknown>): void;
}

/** A report that was not acknowledged for so long is given up; the device asks again later. */
const REPORT_MS = 15_000;

/** A connection that comes back by itself until it is closed or refused. */
export class DeviceLink {
  readonly #client: MqttClient;
  readonly #options: DeviceOptions;
  readonly #events: LinkEvents;
  readonly #prefix: string;
  /** Why there is no connection, as last said. */
  #why: string | undefined;

  /** Begins to connect at once. */
  constructor(options: DeviceOptions, events: LinkEvents) {
    this.#options = options;
    this.#events = events;
    this.#prefix = options.prefix ?? TOPIC_PREFIX;
    const client = this.#client = mqtt.connect(options.mqttUrl, {
      clientId: options.id,
      username: options.id,
      password: options.token,
      clean: true,
      keepalive: 20,
      reconnectPeriod: 500,
      connectTimeout: 5_000,
      // The device subscribes anew at each connect, as the broker keeps no session.
      resubscribe: false,
      // Whether a refusal is final is decided here: a broker that is busy may let it in later.
      reconnectOnConnackError: true,
    });
    client.on("connect", () => this.#subscribe());
    client.on("error", (error) => this.#fail(error));
    client.on("close", () => this.#down("the connection was closed"));
    client.on("message", (topic, payload) => this.#hear(topic, payload));
  }

  /** Where the broker is. */
  get host(): string {
    return new URL(this.#options.mqttUrl).host;
  }

  /** Sends a report; resolves when the broker has acknowledged it. */
  async report(kind: ReportKind, payload: object, qos: 0 | 1 = 1): Promise<void> {
    const topic = topicOf(this.#prefix, this.#options.id, kind);
    const { promise, reject } = Promise.withResolvers<never>();
    const timer = setTimeout(() => reject(new Error(`No answer to ${kind}`)), REPORT_MS);
    const published = this.#client.publishAsync(topic, JSON.stringify(payload), { qos });
    await Promise.race([published, promise]).finally(() => clearTimeout(timer));
  }

  /** Loses the connection without a word, as a device without power does; it comes back. */
  cut(): void {
    // On purpose: nobody needs to hear why.
    this.#why ??= "";
    this.#client.stream?.destroy();
  }

  /** Ends the connection for good. */
  async close(): Promise<void> {
    this.#client.removeAllListeners("close");
    await this.#client.endAsync(true);
  }

  #subscribe(): void {
    // Small packets that wait for each other's acknowledgement would cost 40 ms each.
    (this.#client.stream as Partial<Socket>).setNoDelay?.(true);
    const filter = `${this.#prefix}/${this.#options.id}/+`;
    this.#client.subscribe(filter, { qos: 2 }, (error) => {
      if (error) return this.#fail(error);
      this.#why = undefined;
      this.#events.up();
    });
  }

  #fail(error: Error): void {
    if (!isRefusal(error)) return this.#down(whyUnreachable(error));
    const { id } = this.#options;
    this.#events.refused(
      new Error(`The broker at ${this.host} refused device ${id}: ${whyRefused(error)}`),
    );
  }

  /** A connection that fails is closed, too: of the two reasons the first one tells more. */
  #down(why: string): void {
    const isClosing = why === "the connection was closed";
    if (this.#why === why || isClosing && this.#why !== undefined) return;
    this.#why = why;
    this.#events.down(why);
  }

  #hear(topic: string, payload: Uint8Array): void {
    let parsed: unknown;
    try {
      parsed = JSON.parse(new TextDecoder().decode(payload));
    } catch {
      // Nothing the engine sends is malformed; whatever this is, a device ignores it.
      return;
    }
    if (typeof parsed !== "object" || parsed === null) return;
    this.#events.message(topic.split("/").at(-1)!, parsed as Record<string, unknown>);
  }
}
