/** A whole engine over real TCP and HTTP in a folder of its own, and an operator beside it. */
import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { isDivergence, Replay } from "../../core/mod.ts";
import { machineDigest } from "../../adapters/host/mod.ts";
import { openReplica } from "../../adapters/sqlite/mod.ts";
import { openHouse } from "../../commands/house/open_house.ts";
import type { House, HouseOptions } from "../../commands/house/house.ts";

export interface Row {
  seq: number;
  type: string;
  task?: string;
  actor: string;
  // deno-lint-ignore no-explicit-any -- each fact has its own data
  data: any;
  outcome: {
    moves: { from: string; to: string }[];
    effects: { type: string; transport?: string }[];
  };
}

export interface Stage extends Operator {
  readonly folder: string;
  readonly house: House;
}

export class Operator {
  readonly #url: () => string;
  readonly #token: () => string;

  constructor(url: () => string, token: () => string) {
    this.#url = url;
    this.#token = token;
  }

  async ask(
    method: string,
    path: string,
    body?: object | Uint8Array<ArrayBuffer>,
    // deno-lint-ignore no-explicit-any -- each route has its own answer
  ): Promise<{ status: number; body: any }> {
    const response = await fetch(`${this.#url()}${path}`, {
      method,
      headers: { authorization: `Bearer ${this.#token()}` },
      ...(body === undefined
        ? {}
        : { body: body instanceof Uint8Array ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, body: text === "" ? undefined : JSON.parse(text) };
  }

  async register(device_id: string): Promise<string> {
    const { status, body } = await this.ask("POST", "/devices", { device_id });
    assert.equal(status, 201);
    return body.token;
  }

  /** Uploads fresh bytes under the version; their checksum. */
  async upload(version: string, bytes: Uint8Array<ArrayBuffer>): Promise<string> {
    const { status, body } = await this.ask("PUT", `/firmware/${version}`, bytes);
    assert.equal(status, 201);
    assert.equal(body.checksum, checksumOf(bytes));
    return body.checksum;
  }

  async order(device_id: string, version: string, checksum: string, more = {}): Promise<string> {
    const order = { device_id, firmware_version: version, checksum, ...more };
    const { status, body } = await this.ask("POST", "/firmware/upgrade", order);
    assert.equal(status, 202, JSON.stringify(body));
    assert.equal(body.status, "queued");
    return body.task_id;
  }

  async rows(device: string): Promise<Row[]> {
    return (await this.ask("GET", `/devices/${device}/events?limit=500`)).body.items;
  }

  // deno-lint-ignore no-explicit-any -- as above
  async task(id: string): Promise<any> {
    return (await this.ask("GET", `/tasks/${id}`)).body;
  }
}

export function randomImage(size: number): Uint8Array<ArrayBuffer> {
  return new Uint8Array(randomBytes(size));
}

export function checksumOf(bytes: Uint8Array): string {
  return `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
}

/**
 * Runs the story in a house, which `more` changes; afterwards the log must replay clean. The operator
 * asks where it listens if that is said, and else as devices do.
 */
export async function inHouse(
  story: (stage: Stage) => Promise<void>,
  more: Partial<HouseOptions> = {},
): Promise<void> {
  const folder = await Deno.makeTempDir();
  const { data = `${folder}/data` } = more;
  const loopback = { host: "127.0.0.1", port: 0 };
  const faults: unknown[] = [];
  try {
    const house = await openHouse({
      data,
      http: loopback,
      mqtt: loopback,
      publicUrl: undefined,
      openArtifacts: false,
      deviceRequests: "allow",
      onFault: (error) => faults.push(error),
      ...more,
    });
    try {
      const { port = 0 } = more.http ?? {};
      const url = port > 0 ? `http://127.0.0.1:${port}` : house.httpUrl;
      const operator = new Operator(() => url, () => house.operator.token);
      await story(Object.assign(operator, { folder, house }));
      assert.deepEqual(faults, []);
    } finally {
      await house.close();
    }
    await assertReplays(data);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Every row decides the same again, and every cell is what the rows lead to. */
export async function assertReplays(data: string): Promise<void> {
  const replica = await openReplica(data);
  try {
    const replay = new Replay(machineDigest.sha256);
    for (const cells of replica.rows()) {
      const taken = replay.take(cells);
      assert.ok(!isDivergence(taken), JSON.stringify(taken));
      replica.expect(taken);
    }
    assert.equal(replica.firstDifference(), undefined);
  } finally {
    replica.close();
  }
}

/** Resolves with the promise, or fails: no test waits for ever. */
export async function soon<T>(promise: Promise<T>, what: string, ms = 20_000): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error(`Never came: ${what}`)), ms);
  return await Promise.race([promise, late]).finally(() => clearTimeout(timer));
}
