/** The device's MQTT connection: subscribes at each connect, reports, and hands messages on. */
import type { Socket } from "node:net";
import mqtt from "mqtt";
import type { MqttClient } from "mqtt";
import { TOPIC_PREFIX, topicOf } from "../../core/mod.ts";
import type { ReportKind } from "../../core/mod.ts";
import type { DeviceOptions } from "./options.ts";

/** What comes over the link. */
export interface LinkEvents {
  /** Connected and subscribed: now is the time to ask. */
  up(): void;
  /** A message of the engine, parsed; its kind is the last level of its topic. */
  message(kind: string, payload: Record<string, unknown>): void;
}

/** A report that was not acknowledged for so long is given up; the device asks again later. */
const REPORT_MS = 15_000;

/** A connection that comes back by itself until it is closed. */
export class DeviceLink {
  readonly #client: MqttClient;
  readonly #options: DeviceOptions;
  readonly #prefix: string;

  /** Begins to connect at once. */
  constructor(options: DeviceOptions, events: LinkEvents) {
    this.#options = options;
    this.#prefix = options.prefix ?? TOPIC_PREFIX;
    this.#client = mqtt.connect(options.mqttUrl, {
      clientId: options.id,
      username: options.id,
      password: options.token,
      clean: true,
      keepalive: 20,
      reconnectPeriod: 500,
      connectTimeout: 5_000,
      // The device subscribes anew at each connect, as the broker keeps no session.
      resubscribe: false,
    });
    this.#client.on("error", () => {});
    this.#client.on("connect", () => {
      // Small packets that wait for each other's acknowledgement would cost 40 ms each.
      (this.#client.stream as Partial<Socket>).setNoDelay?.(true);
      this.#client.subscribe(`${this.#prefix}/${options.id}/+`, { qos: 2 }, (error) => {
        if (!error) events.up();
      });
    });
    this.#client.on("message", (topic, payload) => {
      const kind = topic.split("/").at(-1)!;
      try {
        events.message(kind, JSON.parse(payload.toString()));
      } catch {
        // Nothing the engine sends is malformed; whatever this is, a device ignores it.
      }
    });
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
    this.#client.stream?.destroy();
  }

  /** Ends the connection for good. */
  async close(): Promise<void> {
    await this.#client.endAsync(true);
  }
}
