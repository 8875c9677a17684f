/**
 * A device that goes through one upgrade after another and keeps a ledger of what was acknowledged to
 * it. It trusts the engine with nothing: what got no acknowledgement it says again, under its id.
 */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { soon } from "../e2e/house.ts";
import type { Operator } from "../e2e/house.ts";
import { ANSWER_MS, FleetLink } from "./fleet_link.ts";
import type { Payload } from "./fleet_link.ts";

/** An image that the fleet goes to. */
export interface FleetImage {
  readonly version: string;
  readonly checksum: string;
  readonly size: number;
}

/** What a device finds around it. */
export interface Surroundings {
  readonly httpUrl: string;
  readonly mqttUrl: string;
  /** Resolves when there is an engine to speak to. */
  up(): Promise<void>;
  /** Has an operator order the upgrade; the task's id. Rejects while there is no engine. */
  order(device: string, image: FleetImage, completion: string): Promise<string>;
}

/** Bytes asked for at once. */
const PART_BYTES = 131_072;
/** Progress is said so often: more than 5 % of the image, so it is always a fact. */
const REPORT_EVERY_BYTES = 2 * PART_BYTES;
/** Every so manieth report goes by HTTP. */
const HTTP_EVERY = 3;
/** Tries of one thing before the device gives up; there is less than one for each kill. */
const TRIES_MAX = 200;

/** One device of the fleet. */
export class FleetDevice {
  /** The ids of all reports that were acknowledged, in the order they were said. */
  readonly acknowledged: string[] = [];
  /** The tasks it has brought to success. */
  readonly succeeded: string[] = [];
  /** What it was refused. */
  readonly refused: unknown[] = [];
  readonly #id: string;
  readonly #token: string;
  readonly #around: Surroundings;
  readonly #heard = new Map<string, Payload>();
  #link: FleetLink | undefined;
  #wake = Promise.withResolvers<void>();
  #reports = 0;

  constructor(id: string, token: string, around: Surroundings) {
    this.#id = id;
    this.#token = token;
    this.#around = around;
  }

  /**
   * Goes to one image after the other until it is told to stop; it finishes what it has begun. Two
   * upgrades are ordered at once, so that one waits for its turn.
   */
  async run(images: readonly FleetImage[], isOver: () => boolean): Promise<void> {
    try {
      for (let n = 0; n < images.length && !isOver(); n += 2) {
        const orders: [string, FleetImage, string][] = [];
        for (const [index, image] of images.slice(n, n + 2).entries()) {
          const completion = index === 0 ? "verified" : "booted";
          const order = () => this.#around.order(this.#id, image, completion);
          orders.push([await this.#trying(order), image, completion]);
        }
        for (const ordered of orders) await this.#upgrade(...ordered);
      }
    } finally {
      await this.#link?.close();
    }
  }

  async #upgrade(task_id: string, image: FleetImage, completion: string): Promise<void> {
    await this.#trying(() => this.#publish("request", {}));
    const { url } = await this.#hears("metadata", task_id);
    await this.#download(String(url), task_id, image);
    await this.#report("verify", { task_id, checksum: image.checksum });
    if (completion === "booted") {
      await this.#hears("verified", task_id);
      await this.#report("status", { task_id, status: "installing" });
      await this.#report("status", { task_id, status: "rebooting" });
      await this.#report("status", { task_id, status: "booted", version: image.version });
    }
    await this.#hears("success", task_id);
    this.succeeded.push(task_id);
  }

  async #download(url: string, task_id: string, { size, checksum }: FleetImage): Promise<void> {
    const digest = createHash("sha256");
    for (let at = 0; at < size; at += PART_BYTES) {
      const end = Math.min(at + PART_BYTES, size);
      digest.update(await this.#trying(() => this.#part(url, at, end)));
      if (end % REPORT_EVERY_BYTES === 0 || end === size) {
        await this.#report("progress", { task_id, received: end });
      }
    }
    assert.equal(`sha256:${digest.digest("hex")}`, checksum);
  }

  async #part(url: string, start: number, end: number): Promise<Uint8Array> {
    const headers = { authorization: `Bearer ${this.#token}`, range: `bytes=${start}-${end - 1}` };
    const response = await fetch(url, { headers, signal: AbortSignal.timeout(ANSWER_MS) });
    const bytes = new Uint8Array(await response.arrayBuffer());
    if (response.status !== 206) throw new Error(`${response.status} for a part`);
    assert.equal(bytes.length, end - start);
    return bytes;
  }

  /** Says it until it is acknowledged, each time under the same id. */
  async #report(kind: string, body: object): Promise<void> {
    const id = `r${++this.#reports}`;
    const byHttp = this.#reports % HTTP_EVERY === 0;
    await this.#trying(() =>
      byHttp ? this.#post(kind, body, id) : this.#publish(kind, { ...body, id })
    );
    this.acknowledged.push(id);
  }

  async #post(kind: string, body: object, id: string): Promise<void> {
    const response = await fetch(`${this.#around.httpUrl}/ota/${this.#id}/${kind}`, {
      method: "POST",
      headers: { authorization: `Bearer ${this.#token}`, "idempotency-key": id },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(ANSWER_MS),
    });
    // The status alone acknowledges: what follows may be cut.
    const text = await response.text().catch(() => "");
    if (!response.ok) throw new Error(`${response.status} ${text}`);
    if (text.includes("/rejected")) this.refused.push(text);
  }

  async #publish(kind: string, body: object): Promise<void> {
    await (await this.#connected()).publish(kind, body);
  }

  /** The message about the task, sent again at every connect until it is confirmed. */
  async #hears(kind: string, task: string): Promise<Payload> {
    return await this.#trying(async () => {
      const { closed } = await this.#connected();
      const end = performance.now() + ANSWER_MS;
      for (;;) {
        const payload = this.#heard.get(`${kind} ${task}`);
        if (payload) return payload;
        const ms = end - performance.now();
        await soon(Promise.race([this.#wake.promise, closed]), `${kind} of ${task}`, ms);
      }
    });
  }

  async #connected(): Promise<FleetLink> {
    const { mqttUrl } = this.#around;
    if (!this.#link?.isOpen) {
      const take = (kind: string, payload: Payload) => this.#take(kind, payload);
      this.#link = await FleetLink.open(mqttUrl, this.#id, this.#token, take);
    }
    return this.#link;
  }

  #take(kind: string, payload: Payload): void {
    if (kind === "rejected") this.refused.push(payload);
    this.#heard.set(`${kind} ${payload.task_id}`, payload);
    this.#wake.resolve();
    this.#wake = Promise.withResolvers();
  }

  /** Tries again whenever there is an engine, whatever went wrong; but not for ever. */
  async #trying<T>(action: () => Promise<T>): Promise<T> {
    for (let tries = 1;; tries++) {
      await this.#around.up();
      try {
        return await action();
      } catch (error) {
        if (error instanceof assert.AssertionError || tries === TRIES_MAX) throw error;
      }
    }
  }
}

/** Orders; one that is open already is what an answer that never came had ordered. */
export async function order(
  operator: Operator,
  device_id: string,
  { version: firmware_version, checksum }: FleetImage,
  completion: string,
): Promise<string> {
  const wish = { device_id, firmware_version, checksum, completion };
  const { status, body } = await operator.ask("POST", "/firmware/upgrade", wish);
  if (status !== 202 && status !== 409) throw new Error(`${status} ${JSON.stringify(body)}`);
  return body.task_id;
}
