/** The device's MQTT connection: subscribes at each connect, reports, and hands messages on. */
import type { Socket } from "node:net";
import mqtt from "mqtt";
import type { MqttClient } from "mqtt";
import { GONE_LEVEL, TOPIC_PREFIX, topicOf } from "../../core/mod.ts";
import type { ReportKind } from "../../core/mod.ts";
import { BrokerLife } from "./broker_life.ts";
import type { ByteLine, DeviceLink, LinkEvents } from "./link.ts";
import type { DeviceOptions } from "./options.ts";
import { Patience } from "./patience.ts";
import { isRefusal, NO_ANSWER, refusedBy, whyUnreachable } from "./reasons.ts";

/** A report that was not acknowledged for so long is given up; the device asks again later. */
const REPORT_MS = 15_000;
const CLOSED = "the connection was closed";

/** A connection that comes back by itself until it is closed or refused. */
export class MqttLink implements DeviceLink, ByteLine {
  readonly speaks = "mqtt";
  readonly line = this;
  readonly patience = new Patience();
  readonly #client: MqttClient;
  readonly #options: DeviceOptions;
  readonly #events: LinkEvents;
  readonly #own: string;
  /** Rejects when the link is closed: nothing waits for an answer any more. */
  readonly #closed = Promise.withResolvers<never>();
  /** Requests for bytes that the broker may not have: never sent over another connection. */
  readonly #asked = new Set<number>();
  readonly #life: BrokerLife;
  /** Why there is no connection, as last said. */
  #why: string | undefined;
  #isUp = false;
  readonly #onClose = () => this.#lost();

  /** Begins to connect at once. */
  constructor(options: DeviceOptions, events: LinkEvents) {
    this.#options = options;
    this.#events = events;
    const { id, token, prefix = TOPIC_PREFIX } = options;
    this.#own = topicOf(prefix, id, "");
    this.#closed.promise.catch(() => {});
    const client = this.#client = mqtt.connect(options.mqttUrl, {
      clientId: id,
      username: id,
      password: token,
      clean: true,
      // Behind a broker that is not the engine's own, nothing else tells that the device is gone.
      will: { topic: `${this.#own}${GONE_LEVEL}`, payload: "", qos: 1 },
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
    client.on("close", this.#onClose);
    client.on("message", (topic, payload) => this.#hear(topic, payload));
    this.#life = new BrokerLife(client, this.patience, () => this.#silent());
    events.connecting(this.#host);
  }

  get heardAt(): number {
    return this.#life.heardAt;
  }

  async report(kind: ReportKind, payload: object): Promise<void> {
    const { promise, reject } = Promise.withResolvers<never>();
    const timer = setTimeout(() => reject(new Error(`No answer to ${kind}`)), REPORT_MS);
    const published = this.#publish(kind, payload);
    const { promise: closed } = this.#closed;
    await Promise.race([published, promise, closed]).finally(() => clearTimeout(timer));
  }

  async ask(kind: string, payload: object): Promise<void> {
    if (!this.#isUp) throw new Error(CLOSED);
    const published = this.#publish(kind, payload);
    const packet = this.#client.getLastMessageId();
    this.#asked.add(packet);
    await Promise.race([published, this.#closed.promise]).finally(() => this.#asked.delete(packet));
  }

  cut(): void {
    // On purpose: nobody needs to hear why.
    this.#why ??= "";
    this.#client.stream?.destroy();
  }

  async close(): Promise<void> {
    this.#life.close();
    this.#closed.reject(new Error("The link is closed"));
    this.#client.off("close", this.#onClose);
    const { stream } = this.#client;
    const { promise, resolve } = Promise.withResolvers<void>();
    if ((stream as Partial<Socket>).closed) resolve();
    else stream.once("close", () => resolve());
    await this.#client.endAsync(true);
    // What the library still waits for it forgets then.
    await promise;
  }

  get #host(): string {
    return new URL(this.#options.mqttUrl).host;
  }

  #subscribe(): void {
    const { stream } = this.#client;
    // Small packets that wait for each other's acknowledgement would cost 40 ms each.
    (stream as Partial<Socket>).setNoDelay?.(true);
    const askedAt = performance.now();
    this.#life.connected();
    this.#client.subscribe(`${this.#own}#`, { qos: 2 }, (error) => {
      if (error) return this.#fail(error);
      this.patience.trip(performance.now() - askedAt);
      this.#why = undefined;
      this.#isUp = true;
      this.#events.line(true);
      this.#events.up("mqtt");
    });
  }

  async #publish(kind: string, payload: object): Promise<void> {
    const isUp = this.#isUp;
    const topic = `${this.#own}${kind}`;
    const published = this.#client.publishAsync(topic, JSON.stringify(payload), { qos: 1 });
    const ms = await this.#life.owes(published);
    if (isUp) this.patience.trip(ms);
  }

  #silent(): void {
    this.#down(NO_ANSWER);
    this.#client.stream.destroy();
  }

  #fail(error: Error): void {
    if (!isRefusal(error)) return this.#down(whyUnreachable(error));
    this.#events.refused(refusedBy(`The broker at ${this.#host}`, this.#options.id, error));
  }

  #lost(): void {
    for (const packet of this.#asked) this.#client.removeOutgoingMessage(packet);
    if (this.#isUp) this.#events.line(this.#isUp = false);
    this.#down(CLOSED);
  }

  /** A connection that fails is closed, too: of the two reasons the first one tells more. */
  #down(why: string): void {
    if (this.#why === why || why === CLOSED && this.#why !== undefined) return;
    this.#why = why;
    this.#events.down(this.#host, why);
  }

  #hear(topic: string, payload: Uint8Array): void {
    if (!topic.startsWith(this.#own)) return;
    const [kind = "", task, offset, ...more] = topic.slice(this.#own.length).split("/");
    if (task === undefined) return this.#hearMessage(kind, payload);
    if (kind !== "chunk" || !/^\d{1,15}$/.test(offset ?? "") || more.length > 0) return;
    this.#events.chunk(task, Number(offset), payload);
  }

  #hearMessage(kind: string, payload: Uint8Array): void {
    let parsed: unknown;
    try {
      parsed = JSON.parse(new TextDecoder().decode(payload));
    } catch {
      // Nothing the engine sends is malformed; whatever this is, a device ignores it.
      return;
    }
    if (typeof parsed !== "object" || parsed === null) return;
    this.#events.message(kind, parsed as Record<string, unknown>);
  }
}
