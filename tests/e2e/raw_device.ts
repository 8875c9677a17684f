/** A device of a plain MQTT client: it says what it is told to, and keeps what it hears. */
import assert from "node:assert/strict";
import type { Socket } from "node:net";
import mqtt from "mqtt";
import type { MqttClient } from "mqtt";
import { soon } from "./house.ts";

export interface Heard {
  readonly topic: string;
  readonly qos: number;
  // deno-lint-ignore no-explicit-any -- each message has its own payload
  readonly payload: any;
}

export class RawDevice implements AsyncDisposable {
  readonly #client: MqttClient;
  readonly #id: string;
  readonly #heard: Heard[] = [];
  #wake = () => {};

  private constructor(client: MqttClient, id: string) {
    this.#client = client;
    this.#id = id;
    client.on("message", (topic, bytes, { qos }) => {
      const payload = topic.includes("/chunk/")
        ? new Uint8Array(bytes)
        : JSON.parse(bytes.toString());
      this.#heard.push({ topic, qos, payload });
      this.#wake();
    });
  }

  /** `filters`: what it subscribes to, everything of its own unless said otherwise. */
  static async connect(
    url: string,
    id: string,
    password: string,
    filters: readonly string[] = ["#"],
  ): Promise<RawDevice> {
    const client = await mqtt.connectAsync(url, {
      username: id,
      password,
      clientId: id,
      reconnectPeriod: 0,
    }, false);
    (client.stream as Partial<Socket>).setNoDelay?.(true);
    client.on("error", () => {});
    const device = new RawDevice(client, id);
    for (const filter of filters) await client.subscribeAsync(`/ota/${id}/${filter}`, { qos: 2 });
    return device;
  }

  async say(kind: string, payload: unknown): Promise<void> {
    const text = typeof payload === "string" ? payload : JSON.stringify(payload);
    await soon(this.#client.publishAsync(`/ota/${this.#id}/${kind}`, text, { qos: 1 }), "PUBACK");
  }

  /** The next message, whatever it is; `what` it should be. */
  async next(what = "a message"): Promise<Heard> {
    while (this.#heard.length === 0) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#wake = resolve;
      await soon(promise, what);
    }
    return this.#heard.shift()!;
  }

  /** The next message; it must be of that kind. */
  async hears(kind: string): Promise<Heard> {
    const heard = await this.next(kind);
    const { topic, payload } = heard;
    // Bytes of an image say nothing to a reader, and take long to write down.
    const said = payload instanceof Uint8Array ? "" : `: ${JSON.stringify(payload)}`;
    assert.equal(topic, `/ota/${this.#id}/${kind}`, `${topic} instead of ${kind}${said}`);
    return heard;
  }

  /** What it heard and did not ask for yet. */
  get unheard(): readonly Heard[] {
    return this.#heard;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#client.endAsync(true);
  }
}
