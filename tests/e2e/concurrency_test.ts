/** Everything at once: orders, requests and digests for the same device, over MQTT and HTTP. */
import assert from "node:assert/strict";
import { Draw, drawn } from "../crash/draw.ts";
import { readLog } from "../crash/log_check.ts";
import { inHouse, randomImage } from "./house.ts";
import type { Stage } from "./house.ts";
import { HttpDevice, kindsOf } from "./http_device.ts";
import type { HttpMessage } from "./http_device.ts";
import { RawDevice } from "./raw_device.ts";

const WRONG = `sha256:${"0".repeat(64)}`;
const VERSIONS = Array.from({ length: 24 }, (_, n) => `1.0.${n}`);

/** What is done to one device at once. */
interface Storm {
  readonly orders: number;
  readonly reports: number;
}

/** The members that each message has (PROTOCOL §1). */
const members: Readonly<Record<string, readonly string[]>> = {
  metadata: ["task_id", "version", "url", "size", "checksum", "chunk_bytes", "attempt"],
  idle: ["ask_again_seconds"],
  success: ["task_id", "version"],
  retry: ["task_id", "attempt", "max_attempts", "reason", "resume_from"],
  failed: ["task_id", "state", "reason"],
  cancel: ["task_id", "reason"],
  rejected: ["code", "reason"],
};

function assertMessage(id: string, { topic, payload }: Pick<HttpMessage, "topic" | "payload">) {
  const [kind] = kindsOf([{ topic }]);
  assert.equal(topic, `/ota/${id}/${kind}`);
  for (const member of members[kind!] ?? assert.fail(topic)) {
    assert.notEqual(payload[member], undefined, `${member} of ${JSON.stringify(payload)}`);
  }
}

class Target implements AsyncDisposable {
  readonly id: string;
  readonly #stage: Stage;
  readonly #http: HttpDevice;
  readonly #mqtt: RawDevice;
  readonly #sums: ReadonlyMap<string, string>;

  constructor(
    stage: Stage,
    sums: ReadonlyMap<string, string>,
    id: string,
    mqtt: RawDevice,
    token: string,
  ) {
    [this.#stage, this.#sums, this.id, this.#mqtt] = [stage, sums, id, mqtt];
    this.#http = new HttpDevice(() => stage.house.httpUrl, id, token);
  }

  static async open(stage: Stage, sums: ReadonlyMap<string, string>, id: string): Promise<Target> {
    const token = await stage.register(id);
    const mqtt = await RawDevice.connect(stage.house.mqttUrl, id, token);
    return new Target(stage, sums, id, mqtt, token);
  }

  /** Everything is drawn first, then done in one turn; the tasks that were made. */
  async storm({ orders, reports }: Storm, draw: Draw): Promise<string[]> {
    const made: string[] = [];
    const done: (() => Promise<void>)[] = [];
    for (let n = 0; n < orders; n++) {
      const [version, priority] = [draw.of(VERSIONS), draw.of(["security", "normal", "low"])];
      done.push(async () => void made.push(...await this.#order(version, priority)));
    }
    for (let n = 0; n < reports; n++) {
      const checksum = draw.of([...this.#sums.values(), WRONG]);
      const [kind, body] = draw.of([["request", {}], ["verify", { checksum }]] as const);
      const say = draw.of(["mqtt", "http"]) === "mqtt"
        ? () => this.#mqtt.say(kind, body)
        : () => this.#post(kind, body);
      done.splice(draw.below(done.length + 1), 0, say);
    }
    await Promise.all(done.map((run) => run()));
    for (const heard of this.#mqtt.unheard) assertMessage(this.id, heard);
    return made;
  }

  /** Takes what it is offered until there is nothing left. */
  async finish(): Promise<void> {
    for (let turn = 0; turn < 2 * VERSIONS.length; turn++) {
      const messages = await this.#http.say("request", {});
      await this.#http.confirm(messages);
      const metadata = messages.find(({ topic }) => topic.endsWith("/metadata"));
      if (!metadata) return assert.equal(kindsOf(messages).at(-1), "idle");
      const { task_id, checksum } = metadata.payload;
      const answers = await this.#http.say("verify", { task_id, checksum });
      assert.ok(kindsOf(answers).includes("success"), JSON.stringify(answers));
    }
    assert.fail(`${this.id} was never told that it has nothing to do`);
  }

  /** The task, if one was made; else the refusal says why there is none. */
  async #order(firmware_version: string, priority: string): Promise<string[]> {
    const checksum = this.#sums.get(firmware_version)!;
    const wish = { device_id: this.id, firmware_version, checksum, priority };
    const { status, body } = await this.#stage.ask("POST", "/firmware/upgrade", wish);
    if (status === 202) {
      assert.match(body.task_id, /^OTA_\d{8}_\d{3,}$/);
      assert.equal(body.status, "queued");
      return [body.task_id];
    }
    assert.deepEqual([status, body.status, body.title], [409, 409, "Conflict"]);
    assert.match(body.detail, /brings this image to the device already|has 16 open tasks/);
    return [];
  }

  async #post(kind: string, body: object): Promise<void> {
    for (const message of await this.#http.say(kind, body)) {
      assert.match(message.id, /^(OTA_\d{8}_\d{3,}\.[a-z]+\.\d+|idle|rejected)$/);
      assertMessage(this.id, message);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#mqtt[Symbol.asyncDispose]();
  }
}

async function survives(devices: number, storm: Storm, draw: Draw): Promise<void> {
  await inHouse(async (stage) => {
    const sums = new Map<string, string>();
    for (const version of VERSIONS) {
      sums.set(version, await stage.upload(version, randomImage(5_000)));
    }
    await using stack = new AsyncDisposableStack();
    const targets: Target[] = [];
    for (let n = 0; n < devices; n++) {
      targets.push(stack.use(await Target.open(stage, sums, `pump-${n}`)));
    }
    const made = await Promise.all(
      targets.map((target) => target.storm(storm, new Draw(draw.below(2 ** 32)))),
    );
    const middle = await readLog(`${stage.folder}/data`);
    await Promise.all(targets.map((target) => target.finish()));
    const log = await readLog(`${stage.folder}/data`);
    // Every task that was promised is in the log once, and has ended.
    assert.deepEqual([...log.tasks.keys()].sort(), made.flat().sort());
    const { items } = (await stage.ask("GET", "/tasks?limit=500")).body;
    const states = Object.groupBy<string, { state: string }>(items, ({ state }) => state);
    assert.deepEqual(
      Object.keys(states).filter((state) => !["succeeded", "superseded", "failed"].includes(state)),
      [],
    );
    const counts = Object.entries(states).map(([state, all]) => `${all!.length} ${state}`);
    console.log(`${devices} devices: ${counts.join(", ")}; ${middle.rows} of ${log.rows} rows`);
  });
}

Deno.test("one device survives a hundred orders and as many reports at once", () =>
  drawn("one device", (draw) => survives(1, { orders: 100, reports: 100 }, draw)));

Deno.test("twenty devices survive the same at once", () =>
  drawn("twenty devices", (draw) => survives(20, { orders: 20, reports: 30 }, draw)));
