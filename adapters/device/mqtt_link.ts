/** The device's MQTT connection: subscribes at each connect, reports, and hands messages on. */
import type { Socket } from "node:net";
import mqtt from "mqtt";
import type { MqttClient } from "mqtt";
import { GONE_LEVEL, TOPIC_PREFIX, topicOf } from "../../core/mod.ts";
import type { ReportKind } from "../../core/mod.ts";
import type { DeviceLink, LinkEvents } from "./link.ts";
import type { DeviceOptions } from "./options.ts";
import { isRefusal, refusedBy, whyUnreachable } from "./reasons.ts";

/** A report that was not acknowledged for so long is given up; the device asks again later. */
const REPORT_MS = 15_000;

/** A connection that comes back by itself until it is closed or refused. */
export class MqttLink implements DeviceLink {
  readonly #client: MqttClient;
  readonly #options: DeviceOptions;
  readonly #events: LinkEvents;
  readonly #prefix: string;
  /** Rejects when the link is closed: nothing waits for an answer any more. */
  readonly #closed = Promise.withResolvers<never>();
  /** Why there is no connection, as last said. */
  #why: string | undefined;

  /** Begins to connect at once. */
  constructor(options: DeviceOptions, events: LinkEvents) {
    this.#options = options;
    this.#events = events;
    this.#prefix = options.prefix ?? TOPIC_PREFIX;
    this.#closed.promise.catch(() => {});
    const client = this.#client = mqtt.connect(options.mqttUrl, {
      clientId: options.id,
      username: options.id,
      password: options.token,
      clean: true,
      // Behind a broker that is not the engine's own, nothing else tells that the device is gone.
      will: { topic: topicOf(this.#prefix, options.id, GONE_LEVEL), payload: "", qos: 1 },
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

  get host(): string {
    return new URL(this.#options.mqttUrl).host;
  }

  async report(kind: ReportKind, payload: object): Promise<void> {
    const topic = topicOf(this.#prefix, this.#options.id, kind);
    const { promise, reject } = Promise.withResolvers<never>();
    const timer = setTimeout(() => reject(new Error(`No answer to ${kind}`)), REPORT_MS);
    const published = this.#client.publishAsync(topic, JSON.stringify(payload), { qos: 1 });
    const { promise: closed } = this.#closed;
    await Promise.race([published, promise, closed]).finally(() => clearTimeout(timer));
  }

  cut(): void {
    // On purpose: nobody needs to hear why.
    this.#why ??= "";
    this.#client.stream?.destroy();
  }

  async close(): Promise<void> {
    this.#closed.reject(new Error("The link is closed"));
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
    this.#events.refused(refusedBy(`The broker at ${this.host}`, this.#options.id, error));
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
