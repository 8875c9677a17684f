/**
 * Whole updates as unmodified clients live them: they check, fetch, start anew with what they fetched, and
 * check again. They report nothing; what they run says how it went.
 */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { checksumOf, inHouse, randomImage } from "../house.ts";
import type { Stage } from "../house.ts";
import { espImage, joined } from "../../support/made_images.ts";
import { WireClient } from "./wire_client.ts";
import type { WireAnswer } from "./wire_client.ts";

const SIZE = 100_000;
/** The window of a reboot, in seconds: as short as it may be. */
const REBOOT = { limits: { rebooting: 1 } };

interface Scene {
  readonly stage: Stage;
  readonly token: string;
  readonly basic: string;
  readonly host: string;
  readonly old: Uint8Array<ArrayBuffer>;
  readonly image: Uint8Array<ArrayBuffer>;
  /** Sends the lines on a connection of its own. */
  ask(...lines: string[]): Promise<WireAnswer>;
  order(more?: object): Promise<string>;
}

/** One device, and the image that it is going to have. */
async function inScene(story: (scene: Scene) => Promise<void>): Promise<void> {
  await inHouse(async (stage) => {
    const token = await stage.register("pump-7");
    const [old, image] = [randomImage(SIZE - 1), randomImage(SIZE)];
    const checksum = await stage.upload("2.0.0", image);
    await story({
      ...{ stage, token, old, image },
      basic: btoa(`pump-7:${token}`),
      host: new URL(stage.house.httpUrl).host,
      ask: async (...lines) => {
        await using client = await WireClient.to(stage.house.httpUrl);
        return await client.ask(lines);
      },
      order: (more = {}) => stage.order("pump-7", "2.0.0", checksum, more),
    });
  });
}

function md5Of(bytes: Uint8Array): string {
  return createHash("md5").update(bytes).digest("hex");
}

/** A sketch with ESP8266httpUpdate: it flashes what it is given if the MD5 is right. */
class Esp8266 {
  readonly #scene: Scene;
  #runs: Uint8Array;
  /** What the last check brought. */
  #flashed: Uint8Array | undefined;

  constructor(scene: Scene) {
    this.#scene = scene;
    this.#runs = scene.old;
  }

  async check(): Promise<number> {
    const { status, fields, body } = await this.#scene.ask(
      "GET /ota/pump-7/update HTTP/1.0",
      `Host: ${this.#scene.host}`,
      "User-Agent: ESP8266-http-Update",
      `Authorization: Basic ${this.#scene.basic}`,
      "Connection: close",
      "x-ESP8266-STA-MAC: 18:FE:34:AA:46:B7",
      `x-ESP8266-sketch-size: ${this.#runs.length}`,
      `x-ESP8266-sketch-md5: ${md5Of(this.#runs)}`,
      "x-ESP8266-mode: sketch",
    );
    if (status === 200) {
      assert.equal(fields.get("x-md5"), md5Of(body));
      this.#flashed = body;
    }
    return status;
  }

  /** Runs what was flashed. */
  reboot(): void {
    this.#runs = this.#flashed ?? this.#runs;
  }
}

Deno.test("an ESP8266 checks, flashes, reboots and checks: that is a success, and the end of it", async () => {
  await inScene(async (scene) => {
    const { stage, order } = scene;
    const esp = new Esp8266(scene);
    assert.equal(await esp.check(), 304);
    const task = await order();
    // Who only fetches is judged by what it runs, whether or not the order says so.
    assert.equal((await stage.task(task)).completion, "seen");
    assert.equal(await esp.check(), 200);
    assert.equal((await stage.task(task)).state, "downloading");
    esp.reboot();
    assert.equal(await esp.check(), 304);
    assert.equal((await stage.task(task)).state, "succeeded");
    assert.equal((await stage.ask("GET", "/devices/pump-7")).body.version, "2.0.0");
    // One more says that it had its answer; those after it say nothing new.
    assert.equal(await esp.check(), 304);
    const before = (await stage.rows("pump-7")).length;
    assert.equal(await esp.check(), 304);
    assert.equal((await stage.rows("pump-7")).length, before);
  });
});

Deno.test("an ESP8266 that still runs the old image after its reboot has failed", async () => {
  await inScene(async (scene) => {
    const { stage, order } = scene;
    const esp = new Esp8266(scene);
    assert.equal(await esp.check(), 304);
    const task = await order({ retries: 0, ...REBOOT });
    assert.equal(await esp.check(), 200);
    // Too early to say: perhaps not all of it has arrived.
    assert.equal(await esp.check(), 200);
    assert.equal((await stage.task(task)).state, "rebooting");
    await reaches(stage, task, "confirming");
    assert.equal(await esp.check(), 304);
    const { state, reason } = await stage.task(task);
    assert.deepEqual([state, reason], ["failed", "old_image"]);
  });
});

Deno.test("an ESP8266 whose first flash came to nothing is given the image again", async () => {
  await inScene(async (scene) => {
    const { stage, order } = scene;
    const esp = new Esp8266(scene);
    assert.equal(await esp.check(), 304);
    const task = await order({ retries: 1, ...REBOOT });
    assert.equal(await esp.check(), 200);
    assert.equal(await esp.check(), 200);
    await reaches(stage, task, "confirming");
    assert.equal(await esp.check(), 200);
    esp.reboot();
    assert.equal(await esp.check(), 304);
    const { state, attempt } = await stage.task(task);
    assert.deepEqual([state, attempt], ["succeeded", 2]);
  });
});

Deno.test("an ESP32 is known by the SHA-256 at the end of its image, though its file was signed", async () => {
  await inScene(async ({ stage, ask, basic, host }) => {
    const [old, built] = [espImage({ version: "2.9.0" }), espImage({ version: "3.0.0" })];
    const signed = joined(built, new Uint8Array(4_096).fill(0xe7));
    const check = async (runs: Uint8Array) =>
      (await ask(
        "GET /ota/pump-7/update HTTP/1.0",
        ...[`Host: ${host}`, "User-Agent: ESP32-http-Update", "Connection: close"],
        `Authorization: Basic ${basic}`,
        `x-ESP32-sketch-md5: ${md5Of(runs)}`,
        // What esp_partition_get_sha256() gives, in capital letters.
        `x-ESP32-sketch-sha256: ${runs.subarray(-32).toHex().toUpperCase()}`,
        "x-ESP32-mode: sketch",
      )).status;
    assert.equal(await check(old), 304);
    const checksum = await stage.upload("3.0.0", signed);
    const task = await stage.order("pump-7", "3.0.0", checksum);
    assert.equal(await check(old), 200);
    assert.equal(await check(built), 304);
    assert.equal((await stage.task(task)).state, "succeeded");
    const manifest = await ask(
      "GET /ota/pump-7/manifest.json HTTP/1.1",
      ...[`Host: ${host}`, `Authorization: Basic ${basic}`],
    );
    const { name, builds } = JSON.parse(new TextDecoder().decode(manifest.body));
    const chips = builds.map(({ chipFamily }: { chipFamily: string }) => chipFamily);
    assert.deepEqual([name, chips], ["pump", ["ESP32-C3"]]);
  });
});

Deno.test("ESPHome reads its manifest, fetches by path, and says its new version in the next check", async () => {
  await inScene(async ({ stage, order, ask, basic, host, image }) => {
    const get = (path: string) =>
      ask(
        `GET ${path} HTTP/1.1`,
        "User-Agent: ESPHome/2024.10.2 (https://esphome.io)",
        `Host: ${host}`,
        `Authorization: Basic ${basic}`,
      );
    const check = async (version: string) => {
      const { status, body } = await get(`/ota/pump-7/manifest.json?current_version=${version}`);
      if (status !== 200) return status;
      const { version: latest, builds } = JSON.parse(new TextDecoder().decode(body));
      const { ota } = builds.find((build: { chipFamily: string }) => build.chipFamily === "ESP32");
      return { isUpdate: latest !== version, path: ota.path, md5: ota.md5 };
    };
    assert.equal(await check("1.0.0"), 404);
    const task = await order();
    const offered = await check("1.0.0");
    const md5 = md5Of(image);
    const path = `/artifacts/${checksumOf(image).slice(7)}`;
    assert.deepEqual(offered, { isUpdate: true, path, md5 });
    assert.equal(md5Of((await get(path)).body), md5);
    assert.deepEqual(await check("2.0.0"), { isUpdate: false, path: "update", md5 });
    assert.equal((await stage.task(task)).state, "succeeded");
  });
});

Deno.test("Memfault's SDK asks for a URL, fetches it in parts, and asks again as the new version", async () => {
  await inScene(async ({ stage, order, ask, token, basic, host, image }) => {
    const agent = "User-Agent: MemfaultSDK/1.43.0";
    const check = async (version: string) => {
      const query = "device_serial=pump-7&hardware_version=evt&software_type=main";
      const { status, body } = await ask(
        `GET /api/v0/releases/latest/url?${query}&current_version=${version} HTTP/1.1`,
        ...[agent, `Host: ${host}`, `Memfault-Project-Key: ${token}`, "Accept: text/plain"],
      );
      return status === 200 ? new URL(new TextDecoder().decode(body)) : status;
    };
    assert.equal(await check("1.0.0"), 204);
    const task = await order();
    const url = await check("1.0.0") as URL;
    assert.equal(btoa(`${url.username}:${url.password}`), basic);
    const parts: Uint8Array[] = [];
    for (const range of ["bytes=0-65535", "bytes=65536-"]) {
      const { status, body } = await ask(
        `GET ${url.pathname} HTTP/1.1`,
        ...[agent, `Host: ${url.host}`, `Range: ${range}`, `Authorization: Basic ${basic}`],
      );
      assert.equal(status, 206);
      parts.push(body);
    }
    assert.deepEqual(new Uint8Array(Buffer.concat(parts)), new Uint8Array(image));
    assert.equal(await check("2.0.0"), 204);
    assert.equal((await stage.task(task)).state, "succeeded");
  });
});

Deno.test("a board with nothing but curl names the digest of what it runs", async () => {
  await inScene(async ({ stage, order, token, old, image }) => {
    const file = `${stage.folder}/new.bin`;
    const check = async (runs: Uint8Array) => {
      const url = `${stage.house.httpUrl}/ota/pump-7/update?running=${checksumOf(runs)}`;
      const args = ["-sSf", "-u", `pump-7:${token}`, "-o", file, "-w", "%{http_code}", url];
      const { stdout } = await new Deno.Command("curl", { args }).output();
      return new TextDecoder().decode(stdout);
    };
    assert.equal(await check(old), "304");
    const task = await order();
    assert.equal(await check(old), "200");
    const stored = await Deno.readFile(file);
    assert.deepEqual(new Uint8Array(stored), new Uint8Array(image));
    assert.equal(await check(stored), "304");
    assert.equal((await stage.task(task)).state, "succeeded");
  });
});

/** Until time has brought the task there. */
async function reaches(stage: Stage, task: string, state: string): Promise<void> {
  const until = performance.now() + 20_000;
  while ((await stage.task(task)).state !== state) {
    assert.ok(performance.now() < until, `The task never was ${state}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
