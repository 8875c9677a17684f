/** A client of an external broker: who logs in how, what it said, and what it heard. */
import { connect } from "mqtt";
import type { IClientOptions, IClientPublishOptions, MqttClient } from "mqtt";
import { soon } from "./house.ts";

/** One connection; it does not come back by itself. */
export class BrokerClient implements AsyncDisposable {
  readonly #client: MqttClient;
  readonly #heard: string[] = [];
  #wake = Promise.withResolvers<void>();
  /** Resolves when the connection is closed, by whomever. */
  readonly closed: Promise<void>;

  private constructor(client: MqttClient) {
    this.#client = client;
    client.on("error", () => {});
    client.on("message", (topic, payload) => {
      this.#heard.push(`${topic} ${payload}`);
      this.#wake.resolve();
      this.#wake = Promise.withResolvers();
    });
    this.closed = new Promise((resolve) => client.once("close", () => resolve()));
  }

  /** Logs in. @throws when it is refused. */
  static async enter(
    url: string,
    username: string,
    password: string,
    more: IClientOptions = {},
  ): Promise<BrokerClient> {
    const options = { reconnectPeriod: 0, connectTimeout: 10_000, username, password, ...more };
    const client = connect(url, options);
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    client.once("connect", () => resolve()).once("error", reject);
    // A broker may close the connection without an answer.
    client.once("close", () => reject(new Error("The connection was closed.")));
    const entered = new BrokerClient(client);
    try {
      await soon(promise, "an answer to the login");
      return entered;
    } catch (error) {
      await entered[Symbol.asyncDispose]();
      throw error;
    }
  }

  get isConnected(): boolean {
    return this.#client.connected;
  }

  /** Asks for what the filters ask for; whether the broker grants it is no concern here. */
  async asks(...filters: readonly string[]): Promise<void> {
    for (const filter of filters) {
      await this.#client.subscribeAsync(filter, { qos: 1 }).catch(() => {});
    }
  }

  /** Publishes; resolves when the broker has answered, whatever, or has closed the connection. */
  async says(
    topic: string,
    payload: string | Uint8Array = "{}",
    options: IClientPublishOptions = {},
  ): Promise<void> {
    const body = Buffer.from(payload);
    const published = this.#client.publishAsync(topic, body, { qos: 1, ...options });
    const said = published.then(() => {}, () => {});
    await soon(Promise.race([said, this.closed]), `an answer to ${topic}`);
  }

  /** What was heard up to the message that begins so, without it. */
  async hearsUntil(last: string): Promise<string[]> {
    const isLast = (message: string) => message.startsWith(last);
    const comes = async () => {
      while (!this.#heard.some(isLast)) await this.#wake.promise;
    };
    await soon(comes(), `${last} after ${this.#heard.join("\n")}`);
    return this.#heard.splice(0, this.#heard.findIndex(isLast) + 1).slice(0, -1);
  }

  /** Breaks the connection without a word: its will is published. */
  async cut(): Promise<void> {
    this.#client.stream.destroy();
    await this.closed;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#client.endAsync(true);
  }
}
