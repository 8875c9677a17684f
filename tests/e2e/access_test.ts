/** Who loses access loses it at once, on every connection that is open. */
import assert from "node:assert/strict";
import { SlowPeer } from "../adapters/http/talk.ts";
import { inHouse, soon } from "./house.ts";
import type { Stage } from "./house.ts";
import { HttpDevice, kindsOf } from "./http_device.ts";
import { CONNACK, WireDevice } from "./wire_device.ts";

/** More than the buffers of a connection take. */
const IMAGE = new Uint8Array(16_000_000).fill(7);
/** What "at once" may take on a busy machine; by itself nothing here would end before 10 s. */
const AT_ONCE_MS = 8_000;
const NOT_VALID = "The token is not valid. Send a valid one as Authorization: Bearer <token>.";

/** A device that is connected in every way: over MQTT, with a long poll and with a download. */
class Connected implements AsyncDisposable {
  readonly mqtt: WireDevice;
  readonly #poll: Promise<Response>;
  readonly #download: SlowPeer;

  private constructor(mqtt: WireDevice, poll: Promise<Response>, download: SlowPeer) {
    [this.mqtt, this.#poll, this.#download] = [mqtt, poll, download];
  }

  static async open(stage: Stage, id: string, token: string, sum: string): Promise<Connected> {
    const { httpUrl, mqttUrl } = stage.house;
    const mqtt = await WireDevice.enter({ url: mqttUrl, id, token });
    // What it is owed is confirmed, so that the poll has nothing to give.
    await mqtt.hears(1);
    const poll = new HttpDevice(() => httpUrl, id, token).ask("GET", "messages?wait=10");
    const download = await SlowPeer.ask(Number(new URL(httpUrl).port), [
      `GET /artifacts/${sum.slice(7)} HTTP/1.1`,
      ...["Host: x", `Authorization: Bearer ${token}`],
    ]);
    return new Connected(mqtt, poll, download);
  }

  /** Fails if any of the three goes on; the answer to the poll. */
  async lost(): Promise<{ status: number; detail: string; ms: number }> {
    const since = performance.now();
    await soon(this.mqtt.closed, "the end of the MQTT connection", AT_ONCE_MS);
    const answer = await soon(this.#poll, "the end of the long poll", AT_ONCE_MS);
    const bytes = await soon(this.#download.drain(), "the end of the download", AT_ONCE_MS);
    assert.ok(bytes < IMAGE.length, "the download went on to its end");
    const { detail } = await answer.json();
    return { status: answer.status, detail, ms: Math.round(performance.now() - since) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#download[Symbol.asyncDispose]();
    await this.mqtt[Symbol.asyncDispose]();
    const answer = await this.#poll;
    if (!answer.bodyUsed) await answer.body?.cancel();
  }
}

interface Scene {
  readonly stage: Stage;
  readonly checksum: string;
  /** The token of pump-7. */
  readonly token: string;
}

/** Two devices with an order each. */
async function inScene(story: (scene: Scene) => Promise<void>): Promise<void> {
  await inHouse(async (stage) => {
    const checksum = await stage.upload("2.0.0", IMAGE);
    const token = await stage.register("pump-7");
    await stage.order("pump-7", "2.0.0", checksum);
    await story({ stage, checksum, token });
  });
}

/** Neither transport lets the token in. */
async function assertOut({ stage: { house } }: Scene, token: string): Promise<void> {
  await using mqtt = await WireDevice.open({ url: house.mqttUrl, id: "pump-7", token });
  const answer = await mqtt.lastWord();
  assert.deepEqual([answer?.type, answer?.body[1]], [CONNACK, 5]);
  const http = await new HttpDevice(() => house.httpUrl, "pump-7", token)
    .ask("GET", "messages?wait=0");
  assert.equal(http.status, 401);
  assert.match((await http.json()).detail, /^The token is not valid\. Send a valid one as /);
}

/** Both transports do; nothing is sent to the device for it. */
async function assertIn({ stage: { house }, checksum }: Scene, token: string): Promise<void> {
  const login = { url: house.mqttUrl, id: "pump-7", token, clientId: "pump-7/check" };
  await using mqtt = await WireDevice.open(login);
  assert.deepEqual([...(await mqtt.next(CONNACK)).body], [0, 0]);
  const headers = { authorization: `Bearer ${token}` };
  const url = `${house.httpUrl}/artifacts/${checksum.slice(7)}`;
  assert.equal((await fetch(url, { method: "HEAD", headers })).status, 200);
}

Deno.test("a device that is revoked loses MQTT, long poll and download at once, and no other does", async () => {
  await inScene(async (scene) => {
    const { stage, checksum, token } = scene;
    const other = await stage.register("pump-8");
    const order = await stage.order("pump-8", "2.0.0", checksum);
    await using stays = await Connected.open(stage, "pump-8", other, checksum);
    await using goes = await Connected.open(stage, "pump-7", token, checksum);
    assert.equal((await stage.ask("DELETE", "/devices/pump-7")).status, 204);
    const { status, detail, ms } = await goes.lost();
    console.log(`revoked: everything was cut within ${ms} ms`);
    assert.deepEqual([status, detail], [401, NOT_VALID]);
    await assertOut(scene, token);
    const { body } = await stage.ask("GET", "/devices/pump-7");
    assert.deepEqual([body.revoked, body.queue, body.active_task], [true, [], undefined]);
    const { items: [task] } = (await stage.ask("GET", "/tasks?device_id=pump-7")).body;
    assert.equal(task.state, "cancelled");
    // The other one is where it was: connected, and told by its poll of what comes.
    await stays.mqtt.ping();
    assert.equal((await stage.ask("POST", `/tasks/${order}/cancel`)).status, 200);
    assert.deepEqual(kindsOf(await stays.mqtt.hears(1)), ["cancel"]);
  });
});

Deno.test("a token that is replaced ends at once, with everything that logged in with it", async () => {
  await inScene(async (scene) => {
    const { stage, checksum, token } = scene;
    await using old = await Connected.open(stage, "pump-7", token, checksum);
    const { status, body } = await stage.ask("POST", "/devices/pump-7/token", {});
    assert.deepEqual([status, body.device_id], [201, "pump-7"]);
    const answer = await old.lost();
    assert.deepEqual([answer.status, answer.detail], [401, NOT_VALID]);
    await assertOut(scene, token);
    await assertIn(scene, body.token);
  });
});

Deno.test("with an overlap both tokens work until it ends; then what logged in with the old one is cut", async () => {
  await inScene(async (scene) => {
    const { stage, checksum, token } = scene;
    await using old = await Connected.open(stage, "pump-7", token, checksum);
    const asked = performance.now();
    const { body } = await stage.ask("POST", "/devices/pump-7/token", { overlap: 5 });
    await assertIn(scene, token);
    await assertIn(scene, body.token);
    await old.mqtt.ping();
    await soon(old.mqtt.closed, "the end of the overlap");
    const ms = performance.now() - asked;
    assert.ok(ms >= 5_000, `cut after ${ms} ms of five seconds`);
    assert.equal((await old.lost()).status, 401);
    await assertOut(scene, token);
    await assertIn(scene, body.token);
  });
});

Deno.test("an operator is told what access a device has lost, and what to do instead", async () => {
  await inScene(async ({ stage, checksum }) => {
    assert.equal((await stage.ask("DELETE", "/devices/pump-7")).status, 204);
    assert.equal((await stage.ask("DELETE", "/devices/pump-7")).status, 204);
    const order = { device_id: "pump-7", firmware_version: "2.0.0", checksum };
    const another = "Device pump-7 is revoked. Register it under another id.";
    const asked: readonly [string, string, body: object, status: number, detail: string][] = [
      ["POST", "/devices", { device_id: "pump-7" }, 409, another],
      ["POST", "/devices/pump-7/token", {}, 409, another],
      ["POST", "/devices/pump-7/token", { overlap: -1 }, 422, "The body is not valid: see errors."],
      ["POST", "/firmware/upgrade", order, 409, "Device pump-7 is revoked and takes no upgrades."],
      [
        "POST",
        "/devices/pump-9/token",
        {},
        404,
        "There is no device pump-9. Register it first with POST /devices.",
      ],
    ];
    for (const [method, path, body, status, detail] of asked) {
      const answer = await stage.ask(method, path, body);
      assert.deepEqual([answer.status, answer.body.detail], [status, detail], path);
    }
    const unknown = await stage.ask("DELETE", "/devices/pump-9");
    assert.equal(unknown.status, 404);
    assert.match(unknown.body.detail, /^There is no device pump-9\. Register it first/);
  });
});
