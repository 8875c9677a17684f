/** One MQTT connection of a device of the fleet, which an engine that is killed takes with it. */
import type { Socket } from "node:net";
import mqtt from "mqtt";
import type { MqttClient } from "mqtt";
import { soon } from "../e2e/house.ts";

/** What a message says. */
export type Payload = Record<string, unknown>;

/** An engine that has not answered for so long is given up. */
export const ANSWER_MS = 15_000;

/** A connection that is subscribed to all that is meant for the device. */
export class FleetLink {
  /** Rejects when the connection is gone. */
  readonly closed: Promise<never>;
  readonly #client: MqttClient;
  readonly #prefix: string;

  private constructor(client: MqttClient, id: string) {
    this.#client = client;
    this.#prefix = `/ota/${id}/`;
    (client.stream as Partial<Socket>).setNoDelay?.(true);
    const { promise, reject } = Promise.withResolvers<never>();
    this.closed = promise;
    promise.catch(() => {});
    client.on("error", () => {});
    client.once("close", () => {
      client.end(true);
      reject(new Error("The connection is gone"));
    });
  }

  /** Connects and subscribes; rejects when either cannot be done. */
  static async open(
    url: string,
    id: string,
    password: string,
    take: (kind: string, payload: Payload) => void,
  ): Promise<FleetLink> {
    const login = { username: id, clientId: id, password };
    const client = await mqtt.connectAsync(url, { ...login, reconnectPeriod: 0 }, false);
    const link = new FleetLink(client, id);
    client.on(
      "message",
      (topic, bytes) => take(topic.slice(link.#prefix.length), JSON.parse(bytes.toString())),
    );
    await link.#answered(client.subscribeAsync(`${link.#prefix}#`, { qos: 2 }), "SUBACK");
    return link;
  }

  get isOpen(): boolean {
    return this.#client.connected;
  }

  /** Resolves when the report is acknowledged. */
  async publish(kind: string, body: object): Promise<void> {
    const text = JSON.stringify(body);
    await this.#answered(
      this.#client.publishAsync(this.#prefix + kind, text, { qos: 1 }),
      "PUBACK",
    );
  }

  async close(): Promise<void> {
    await this.#client.endAsync(true);
  }

  async #answered(answer: Promise<unknown>, what: string): Promise<void> {
    await soon(Promise.race([answer, this.closed]), what, ANSWER_MS);
  }
}
