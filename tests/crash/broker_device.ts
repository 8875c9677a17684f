/**
 * A device that only reports, to the broker of somebody else's: without ids, so that nothing but the
 * broker's sessions and packet ids keeps what it said from being lost or counted twice.
 */
import mqtt from "mqtt";
import type { MqttClient } from "mqtt";
import { soon } from "../e2e/house.ts";

/** What a device says. */
export interface Saying {
  readonly kind: "progress" | "status";
  readonly body: object;
}

/** The broker itself answers at once, whatever became of the engine. */
const ANSWER_MS = 60_000;
/** Bytes of progress before the first report. */
const FIRST_BYTES = 1_000;
/** Longer than any test, so that no pause ends by itself. */
const FIRST_DELAY_S = 10_000;

/** One connection that holds for as long as the broker does. */
export class BrokerDevice {
  /** What the broker acknowledged, in the order it was said. */
  readonly acknowledged: string[] = [];
  readonly #client: MqttClient;
  readonly #id: string;
  readonly #heard = new Map<string, () => void>();
  #reports = 0;

  private constructor(client: MqttClient, id: string) {
    this.#client = client;
    this.#id = id;
    client.on("message", (topic) => this.#heard.get(topic.split("/").at(-1)!)?.());
  }

  /** Connects and subscribes. */
  static async open(url: string, id: string): Promise<BrokerDevice> {
    const client = await mqtt.connectAsync(url, { clientId: id, reconnectPeriod: 0 }, false);
    const device = new BrokerDevice(client, id);
    await client.subscribeAsync(`/ota/${id}/+`, { qos: 2 });
    return device;
  }

  /** How many reports it has made. */
  get reports(): number {
    return this.#reports;
  }

  /** Says so many reports in one go; resolves when the broker has acknowledged them all. */
  async sayMany(count: number): Promise<void> {
    await Promise.all(Array.from({ length: count }, () => this.#sayNext()));
  }

  /** Says it; resolves when the broker has acknowledged it. */
  async say(kind: string, body: object): Promise<void> {
    const text = JSON.stringify(body);
    const publish = this.#client.publishAsync(`/ota/${this.#id}/${kind}`, text, { qos: 1 });
    await soon(publish, `PUBACK of ${kind} to ${this.#id}`, ANSWER_MS);
  }

  /** Resolves with the next message of that kind. */
  hears(kind: string): Promise<void> {
    return new Promise((resolve) => this.#heard.set(kind, resolve));
  }

  async close(): Promise<void> {
    await this.#client.endAsync(true);
  }

  /**
   * It makes progress, defers, makes progress again, no two reports the same: each is a fact, whatever
   * came before, and a deferral that is counted twice would be two. Progress is said twice.
   */
  async #sayNext(): Promise<void> {
    const n = this.#reports++;
    const { kind, body }: Saying = n % 2 === 0
      ? { kind: "progress", body: { received: FIRST_BYTES + n } }
      : { kind: "status", body: { status: "deferred", delay_seconds: FIRST_DELAY_S + n } };
    const said = this.say(kind, body);
    // The same number again is no fact; it would be one if it were decided after the deferral.
    if (kind === "progress") await this.say(kind, body);
    await said;
    this.acknowledged[n] = nameOf(n);
  }
}

/** The n-th report of a device, in a list of them. */
function nameOf(n: number): string {
  return `${n % 2 === 0 ? "progress" : "deferred"} ${n}`;
}

/** The same from the fact that it led to. */
export function reportOf(type: string, data: Record<string, unknown>): string | undefined {
  if (type === "ProgressReported") return `progress ${Number(data.received) - FIRST_BYTES}`;
  if (type !== "StatusReported" || data.status !== "deferred") return undefined;
  return `deferred ${Number(data.delay_ms) / 1_000 - FIRST_DELAY_S}`;
}
