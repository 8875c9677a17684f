/** Checks of clients that only fetch, without a socket: what is taken, answered and refused. */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { onStage, OPERATOR, sha256 } from "./stage.ts";
import type { HttpStage } from "./stage.ts";

const bytes = new Uint8Array(randomBytes(20_000));
const hex = sha256(bytes);
const update = "/ota/pump-7/update";
const manifest = "/ota/pump-7/manifest.json";
const latest = "/api/v0/releases/latest/url?device_serial=pump-7";
const MD5 = "a56f8ef78a0bebd812f62067daf1408a";

type Ask = (path: string, headers?: Record<string, string>, method?: string) => Promise<Response>;

interface Scene {
  readonly stage: HttpStage;
  readonly token: string;
  readonly ask: Ask;
  order(): Promise<void>;
  /** What the device said, fact by fact. */
  said(): Promise<unknown[]>;
}

async function inScene(story: (scene: Scene) => Promise<void>): Promise<void> {
  await onStage(async (stage) => {
    const { token } = (await stage.json("POST", "/devices", { device_id: "pump-7" })).body;
    const uploaded = await stage.request("PUT", "/firmware/2.0.0", { body: bytes });
    assert.equal(uploaded.status, 201);
    await uploaded.body?.cancel();
    await story({
      stage,
      token,
      ask: (path, headers = {}, method = "GET") => stage.request(method, path, { token, headers }),
      order: async () => {
        const order = { device_id: "pump-7", firmware_version: "2.0.0", checksum: `sha256:${hex}` };
        assert.equal((await stage.json("POST", "/firmware/upgrade", order)).status, 202);
      },
      said: async () => {
        const { items } = (await stage.json("GET", "/devices/pump-7/events")).body;
        // deno-lint-ignore no-explicit-any -- each fact has its own data
        return items.filter((row: any) => row.type === "UpdateRequested").map((row: any) =>
          row.data
        );
      },
    });
    assert.deepEqual(stage.faults, []);
  });
}

async function problemIn(response: Response, status: number): Promise<string> {
  assert.equal(response.status, status);
  assert.equal(response.headers.get("content-type"), "application/problem+json");
  return (await response.json()).detail;
}

Deno.test("GET /ota/{device}/update gives the image of the active task with version and MD5", async () => {
  await inScene(async ({ ask, order, said }) => {
    const before = await ask(update, { "x-esp8266-sketch-md5": MD5 });
    assert.deepEqual([before.status, await before.text()], [304, ""]);
    await order();
    const answer = await ask(update, { "x-esp8266-sketch-md5": MD5, "x-esp8266-version": "1.0.0" });
    assert.equal(answer.status, 200);
    assert.deepEqual(await answer.bytes(), bytes);
    assert.equal(answer.headers.get("x-version"), "2.0.0");
    assert.match(answer.headers.get("x-md5")!, /^[0-9a-f]{32}$/);
    // Another task gives the same URL other bytes: no cache may keep these.
    assert.equal(answer.headers.get("cache-control"), "private, no-cache, no-transform");
    assert.deepEqual(await said(), [
      { fetch_only: true, running: `md5:${MD5}` },
      { current_version: "1.0.0", fetch_only: true, running: `md5:${MD5}` },
    ]);
  });
});

Deno.test("GET /ota/{device}/update takes an If-None-Match for no word about what runs", async () => {
  await inScene(async ({ stage, ask, order, said }) => {
    await order();
    const answer = await ask(update, { "if-none-match": `"sha256-${hex}"` });
    assert.equal(answer.status, 304);
    assert.deepEqual(await said(), [{ fetch_only: true }]);
    const { items: [task] } = (await stage.json("GET", "/tasks")).body;
    assert.equal(task.state, "offered");
  });
});

Deno.test("GET /ota/{device}/update is no check when a file system is asked for", async () => {
  await inScene(async ({ stage, ask, order, said }) => {
    await order();
    for (const mode of ["spiffs", "littlefs", "check", ""]) {
      const answer = await ask(update, { "x-esp8266-mode": mode, "x-esp8266-sketch-md5": MD5 });
      assert.deepEqual([answer.status, await answer.text()], [304, ""]);
    }
    assert.deepEqual(await said(), []);
    assert.equal(stage.engine.lastHeardAt("pump-7"), undefined);
  });
});

Deno.test("a probe is told the version to run, else the version that runs, without bytes", async () => {
  await inScene(async ({ ask, order }) => {
    const probe = async (version: string) => {
      const headers = { "x-esp8266-mode": "version", "x-esp8266-version": version };
      const answer = await ask(update, headers);
      assert.equal(await answer.text(), "");
      return [answer.status, answer.headers.get("x-version"), answer.headers.get("content-length")];
    };
    assert.deepEqual(await probe("1.0.0"), [304, null, null]);
    assert.deepEqual(await probe("2.0.0"), [200, "2.0.0", "0"]);
    await order();
    assert.deepEqual(await probe("1.0.0"), [200, "2.0.0", "0"]);
  });
});

Deno.test("GET /ota/{device}/manifest.json says what to run, else what runs, else what is missing", async () => {
  await inScene(async ({ ask, order }) => {
    assert.match(await problemIn(await ask(manifest), 404), /^There is nothing to fetch for /);
    const read = async (query: string) => {
      const answer = await ask(`${manifest}?chip=ESP32&${query}`);
      const text = await answer.text();
      assert.equal(answer.headers.get("content-length"), String(text.length));
      const { version, builds: [{ chipFamily, ota: { path, md5 } }] } = JSON.parse(text);
      assert.equal(chipFamily, "ESP32");
      assert.match(md5, /^[0-9a-f]{32}$/);
      return [version, path];
    };
    // Forced to install what it runs, a client finds nothing to fetch there.
    assert.deepEqual(await read("current_version=2.0.0"), ["2.0.0", "update"]);
    assert.equal((await ask(update)).status, 304);
    await order();
    assert.deepEqual(await read("current_version=1.0.0"), ["2.0.0", `/artifacts/${hex}`]);
  });
});

Deno.test("GET latest/url takes the token as project key, and gives it back in the URL alone", async () => {
  await inScene(async ({ stage, token, ask, order, said }) => {
    const key = { "memfault-project-key": token };
    const words = "&hardware_version=evt&software_type=main&current_version=1.0.0";
    const byKey = (path: string, headers = key) =>
      stage.request("GET", path, { token: null, headers });
    assert.equal((await byKey(latest)).status, 204);
    await order();
    const url = `/artifacts/${hex}`;
    const answer = await byKey(latest + words);
    assert.equal(await answer.text(), `http://pump-7:${token}@127.0.0.1:8000${url}`);
    assert.equal(await (await ask(latest)).text(), `http://127.0.0.1:8000${url}`);
    assert.deepEqual((await said()).at(1), {
      current_version: "1.0.0",
      fetch_only: true,
      hardware: "evt",
      product: "main",
    });
    await problemIn(await byKey(latest, { "memfault-project-key": "none" }), 401);
    await problemIn(await stage.request("GET", latest, { token: null }), 401);
    await problemIn(await byKey(latest, { "memfault-project-key": OPERATOR }), 403);
    await problemIn(await byKey(latest.replace("pump-7", "pump-8")), 403);
    await problemIn(await byKey(latest.split("?")[0]!), 422);
    // A key is a key to nothing else.
    await problemIn(await byKey(url), 401);
  });
});

Deno.test("a check that cannot be taken now is 503 with Retry-After, whoever checks", async () => {
  await inScene(async ({ stage, ask, order }) => {
    await order();
    stage.refuse = { status: 503, title: "Not available now", detail: "Ask again." };
    for (const path of [update, manifest, latest]) {
      const answer = await ask(path);
      assert.match(answer.headers.get("retry-after")!, /^\d+$/);
      assert.equal(await problemIn(answer, 503), "Ask again.");
    }
  });
});

Deno.test("a URL with words that mean nothing is refused with what is wrong", async () => {
  await inScene(async ({ ask, said }) => {
    const paths = [
      `${update}?current_version=`,
      `${update}?running=${MD5}`,
      `${manifest}?chip=ESP%2032`,
      `${latest.replace("pump-7", "..")}`,
    ];
    for (const path of paths) await problemIn(await ask(path), 422);
    assert.deepEqual(await said(), []);
  });
});

Deno.test("checks are a device's own: others are 401 and 403", async () => {
  await inScene(async ({ stage }) => {
    const { token } = (await stage.json("POST", "/devices", { device_id: "pump-8" })).body;
    for (const path of [update, manifest, latest]) {
      const anonymous = await stage.request("GET", path, { token: null });
      // What is offered first is all that some clients look at.
      assert.match(anonymous.headers.get("www-authenticate")!, /^Basic realm="otalog", Bearer /);
      await problemIn(anonymous, 401);
      for (const other of [token, OPERATOR]) {
        await problemIn(await stage.request("GET", path, { token: other }), 403);
      }
    }
  });
});
