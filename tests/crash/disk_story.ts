/** An operator and a device on an engine whose disk is full at times. */
import assert from "node:assert/strict";
import { checksumOf, Operator, randomImage } from "../e2e/house.ts";
import { TOKEN } from "./engine_process.ts";
import type { EngineProcess } from "./engine_process.ts";
import { FleetLink } from "./fleet_link.ts";

const IMAGE_BYTES = 1_000_000;
/** The engine serves again so soon after there is room. */
const HEALED_MS = 5_000;
/** What a full disk lets in until the log needs its next page. */
const APPENDS_MAX = 2_000;

/** One operator and one device with an upgrade in hand, and what was acknowledged to both. */
export class DiskStory {
  readonly devices: string[] = [];
  readonly reports: string[] = [];
  readonly #engine: EngineProcess;
  readonly operator: Operator;
  readonly #image = randomImage(IMAGE_BYTES);
  #token = "";
  #task = "";
  #names = 0;

  constructor(engine: EngineProcess) {
    this.#engine = engine;
    this.operator = new Operator(() => engine.httpUrl, () => TOKEN);
  }

  async begin(): Promise<void> {
    this.#token = await this.operator.register("pump-7");
    const checksum = await this.operator.upload("2.0.0", this.#image);
    this.#task = await this.operator.order("pump-7", "2.0.0", checksum);
    assert.ok(await this.says("request", {}));
  }

  /** Whether another device is made known; else the refusal must be one that helps. */
  async registers(): Promise<boolean> {
    const device_id = `new-${++this.#names}`;
    const tags = Array.from({ length: 16 }, (_, n) => `${n}`.padEnd(64, "x"));
    const { status, body } = await this.operator.ask("POST", "/devices", { device_id, tags });
    if (status === 201) this.devices.push(device_id);
    else assertRefused(status, body);
    return status === 201;
  }

  /** Whether the device's progress is acknowledged over MQTT. */
  async progresses(share: number): Promise<boolean> {
    const id = `p${share}`;
    const received = Math.floor(IMAGE_BYTES * share);
    const isAcknowledged = await this.says("progress", { task_id: this.#task, id, received });
    if (isAcknowledged) this.reports.push(id);
    return isAcknowledged;
  }

  /** Whether it is acknowledged; what is not taken costs the device its connection. */
  async says(kind: string, body: object): Promise<boolean> {
    const link = await FleetLink.open(this.#engine.mqttUrl, "pump-7", this.#token, () => {});
    try {
      return await link.publish(kind, body).then(() => true, () => false);
    } finally {
      await link.close();
    }
  }

  async postsProgress(): Promise<number> {
    const response = await fetch(`${this.#engine.httpUrl}/ota/pump-7/progress`, {
      method: "POST",
      headers: { authorization: `Bearer ${this.#token}` },
      body: JSON.stringify({ task_id: this.#task, received: IMAGE_BYTES }),
    });
    await response.body?.cancel();
    return response.status;
  }

  async ready(): Promise<number> {
    return (await this.operator.ask("GET", "/readyz")).status;
  }

  /** Everything that needs no room goes on. */
  async assertReads(): Promise<void> {
    assert.equal((await this.operator.ask("GET", "/healthz")).status, 200);
    const { status, body } = await this.operator.ask("GET", "/devices/pump-7");
    assert.deepEqual([status, body.active_task], [200, this.#task]);
    const url = `${this.#engine.httpUrl}/artifacts/${checksumOf(this.#image).slice(7)}`;
    const response = await fetch(url, { headers: { authorization: `Bearer ${this.#token}` } });
    assert.equal(response.status, 200);
    const bytes = new Uint8Array(await response.arrayBuffer());
    assert.equal(checksumOf(bytes), checksumOf(this.#image));
  }

  /** Everything that needs room is refused, and nothing of it is acknowledged. */
  async assertRefuses(share: number): Promise<void> {
    const upload = await this.operator.ask("PUT", "/firmware/3.0.0", randomImage(IMAGE_BYTES));
    assertRefused(upload.status, upload.body);
    for (let appends = 0; await this.registers(); appends++) {
      assert.ok(appends < APPENDS_MAX, "The log goes on though the disk is full.");
    }
    assert.equal(await this.progresses(share), false);
    assert.equal(await this.postsProgress(), 503);
    assert.equal(await this.ready(), 503);
  }

  /** Nobody but a supervisor asks; then everybody is served. */
  async assertHeals(share: number): Promise<number> {
    const freed = performance.now();
    while (await this.ready() !== 200) {
      assert.ok(performance.now() - freed < HEALED_MS, "not ready again");
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    assert.ok(await this.registers());
    const healed = performance.now() - freed;
    assert.ok(healed < HEALED_MS, `${healed} ms`);
    assert.ok(await this.progresses(share));
    return healed;
  }
}

function assertRefused(status: number, body: { detail?: string }): void {
  assert.equal(status, 503, JSON.stringify(body));
  assert.match(String(body.detail), /^[A-Z].*\. .*\.$/);
}
