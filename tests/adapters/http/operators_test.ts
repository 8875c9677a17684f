import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { routes } from "../../../adapters/http/mod.ts";
import { onStage, OPERATOR, sha256 } from "./stage.ts";

const bytes = new Uint8Array(randomBytes(50_000));
const checksum = `sha256:${sha256(bytes)}`;

Deno.test("every route but health needs a token, and one of the right kind", async () => {
  await onStage(async (stage) => {
    const { body } = await stage.json("POST", "/devices", { device_id: "pump-7" });
    for (const { method, path, who } of routes) {
      if (who === "anyone") continue;
      const url = path.replace(":version{.+\\.bin}", "1.0.0.bin").replace(":version", "1.0.0")
        .replace(":device", "pump-8").replace(":id", "pump-7").replace(":n", "0")
        .replace(":task_id", "OTA_20230801_001").replace(":sha256", "0".repeat(64))
        .replace(":name", "a").replace("latest/url", "latest/url?device_serial=pump-8");
      const status = async (token: string | null) => {
        const response = await stage.request(method, url, { token });
        await response.body?.cancel();
        return response.status;
      };
      assert.equal(await status(null), 401, `${method} ${url}`);
      assert.equal(await status("wrong"), 401, `${method} ${url}`);
      if (who === "operator") assert.equal(await status(body.token), 403, `${method} ${url}`);
      // A device's routes take the token of this device only, never the operator's.
      if (who === "device") {
        assert.equal(await status(body.token), 403, `${method} ${url}`);
        assert.equal(await status(OPERATOR), 403, `${method} ${url}`);
      }
    }
  });
});

Deno.test("a device is made known once; its token works until a newer one replaces it", async () => {
  await onStage(async (stage) => {
    const device = { device_id: "pump-7", product: "pump", tags: ["roof"] };
    const made = await stage.json("POST", "/devices", device);
    assert.equal(made.status, 201);
    assert.match(made.body.token, /^[A-Za-z0-9]{32}$/);
    assert.equal((await stage.json("POST", "/devices", device)).status, 409);
    const ask = (token: string) => stage.json("POST", "/ota/pump-7/request", {}, token);
    assert.equal((await ask(made.body.token)).status, 200);
    const basic = `Basic ${btoa(`pump-7:${made.body.token}`)}`;
    const other = `Basic ${btoa(`pump-8:${made.body.token}`)}`;
    for (const [authorization, status] of [[basic, 200], [other, 401]] as const) {
      const headers = { authorization };
      const answer = await stage.request("POST", "/ota/pump-7/request", { token: null, headers });
      await answer.body?.cancel();
      assert.equal(answer.status, status);
    }
    const overlapping = await stage.json("POST", "/devices/pump-7/token", { overlap: 60 });
    assert.equal(overlapping.status, 201);
    assert.equal((await ask(made.body.token)).status, 200);
    const last = await stage.json("POST", "/devices/pump-7/token");
    assert.equal((await ask(overlapping.body.token)).status, 401);
    const { body } = await stage.json("GET", "/devices/pump-7");
    assert.deepEqual([body.product, body.tags, body.revoked], ["pump", ["roof"], false]);
    assert.equal((await stage.json("DELETE", "/devices/pump-7")).status, 204);
    assert.equal((await ask(last.body.token)).status, 401);
    assert.equal((await stage.json("GET", "/devices/pump-7")).body.revoked, true);
    const text = JSON.stringify(await stage.json("GET", "/events?limit=500"));
    for (const { body } of [made, overlapping, last]) assert.ok(!text.includes(body.token));
  });
});

Deno.test("firmware is uploaded once: again is 200, other bytes under the version are 409", async () => {
  await onStage(async (stage) => {
    const put = (path: string, body: BodyInit) => stage.request("PUT", path, { body });
    const first = await put("/firmware/1.0.0?product=pump", bytes);
    assert.equal(first.status, 201);
    const answer = { version: "1.0.0", product: "pump", size: 50_000, checksum };
    assert.deepEqual(await first.json(), answer);
    const again = await put("/firmware/1.0.0?product=pump", bytes);
    assert.equal(again.status, 200);
    assert.deepEqual(await again.json(), answer);
    const other = await put("/firmware/1.0.0?product=pump", bytes.slice(1));
    assert.equal(other.status, 409);
    assert.equal(other.headers.get("content-type"), "application/problem+json");
    await other.body?.cancel();
    assert.equal((await stage.json("GET", "/firmware/1.0.0?product=pump")).body.checksum, checksum);
    assert.equal((await stage.json("GET", "/firmware/1.0.0")).status, 404);
    assert.equal((await stage.json("GET", "/firmware")).body.items.length, 1);
  });
});

Deno.test("an upload that is cut, empty, stalled or under a bad name changes nothing", async () => {
  await onStage(async (stage) => {
    const before = (await stage.json("GET", "/events?limit=500")).body.items.length;
    const put = async (path: string, body?: BodyInit, headers = {}) => {
      const answer = await stage.request("PUT", path, { ...(body ? { body } : {}), headers });
      const { detail } = await answer.json();
      return `${answer.status} ${detail}`;
    };
    const cut = { "content-length": "50001" };
    assert.match(await put("/firmware/1", bytes, cut), /^400 Only 50000 of 50001 bytes arrived/);
    const large = { "content-length": String(2 ** 40) };
    assert.match(await put("/firmware/1", bytes, large), /^413 The image is over/);
    assert.match(await put("/firmware/1"), /^422 The image is empty/);
    const never = new ReadableStream({ start: (c) => c.enqueue(bytes) });
    assert.match(await put("/firmware/1", never), /^400 No byte arrived for 0\.3 s/);
    for (const name of ["upgrade", "a.bin", "a%2fb", "%00", "a b", "x".repeat(65)]) {
      assert.match(await put(`/firmware/${name}`, bytes), /^422 The path is not valid/, name);
    }
    assert.match(await put("/firmware/1?product=a%00b", bytes), /^422 The query/);
    assert.match(await put("/firmware/1?prodct=a", bytes), /^422 The query/);
    assert.equal((await stage.json("GET", "/events?limit=500")).body.items.length, before);
    assert.deepEqual(stage.faults, []);
  });
});

Deno.test("what is wrong with an input is said in words, field by field", async () => {
  await onStage(async (stage) => {
    const wrong = async (path: string, body?: object) => {
      const answer = await stage.json(body ? "POST" : "GET", path, body);
      assert.equal(answer.status, 422);
      return answer.body.errors.map((e: { path: string; message: string }) =>
        `${e.path} ${e.message}`.trim()
      );
    };
    assert.deepEqual(await wrong("/devices", {}), ["device_id is missing"]);
    assert.deepEqual(await wrong("/devices", ["a"]), ["must be an object"]);
    assert.deepEqual(await wrong("/devices", { device_id: 7, tags: "x", tag: "y", name: "z" }), [
      "device_id must be a string",
      "tags must be a list",
      "tag is not known here",
      "name is not known here",
    ]);
    assert.deepEqual(await wrong("/devices", { device_id: "a", tags: Array(33).fill("b") }), [
      "tags must have at most 32 items",
    ]);
    const wish = { device_id: "a", firmware_version: "1", checksum };
    const more = { chunk_size: 1.5, retries: 11, priority: "high", limits: { offered: 0 } };
    assert.deepEqual(await wrong("/firmware/upgrade", { ...wish, ...more, allow_downgrade: 1 }), [
      "chunk_size must be an integer",
      "priority must be one of security, normal, low",
      "retries must be at most 10",
      "limits.offered must be at least 1",
      "allow_downgrade must be true or false",
    ]);
    assert.deepEqual(await wrong("/devices?limit=x"), ["limit must be a number"]);
    assert.deepEqual(await wrong("/tasks?after=x"), ["after must be what `next` gave"]);
  });
});

Deno.test("an upgrade is refused in the order of the contract, with what to do", async () => {
  await onStage(async (stage) => {
    const order = async (body: object) => {
      const answer = await stage.json("POST", "/firmware/upgrade", body);
      const { errors, detail, task_id } = answer.body;
      const paths = errors?.map(({ path }: { path: string }) => path).join();
      return `${answer.status} ${paths ?? task_id ?? detail}`;
    };
    const wish = { device_id: "pump-7", firmware_version: "1.0.0", checksum };
    assert.equal(await order({}), "422 device_id,firmware_version,checksum");
    assert.equal(await order({ ...wish, chunk_size: 0 }), "422 chunk_size");
    assert.equal(await order({ ...wish, retries: 11, x: 1 }), "422 retries,x");
    assert.equal(
      await order({ ...wish, limits: { offered: 0, y: 1 } }),
      "422 limits.offered,limits.y",
    );
    assert.equal(await order({ ...wish, checksum: "sha256:0" }), "422 checksum");
    assert.match(await order(wish), /^404 There is no device pump-7/);
    await stage.json("POST", "/devices", { device_id: "pump-7", product: "pump" });
    assert.match(await order(wish), /^404 There is no firmware 1\.0\.0/);
    await (await stage.request("PUT", "/firmware/1.0.0?product=fan", { body: bytes })).body
      ?.cancel();
    assert.match(await order(wish), /^404 There is no firmware 1\.0\.0/);
    await (await stage.request("PUT", "/firmware/1.0.0", { body: bytes })).body?.cancel();
    const other = { ...wish, checksum: `sha256:${"0".repeat(64)}` };
    assert.match(await order(other), /^409 Firmware 1\.0\.0 has the checksum/);
    const task = await order(wish);
    assert.match(task, /^202 OTA_\d{8}_001$/);
    assert.equal(await order(wish), task.replace("202", "409"));
    const id = task.slice(4);
    const { body } = await stage.json("GET", `/tasks/${id}`);
    assert.match(body.created_at, /^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
    assert.ok(body.deadline_at > body.created_at);
    assert.deepEqual((await stage.json("GET", "/tasks?device_id=pump-7")).body.items, [body]);
    assert.deepEqual((await stage.json("GET", "/tasks?state=held")).body.items, []);
    assert.equal((await stage.json("GET", "/tasks?state=nowhere")).status, 422);
    const cancelled = await stage.json("POST", `/tasks/${id}/cancel`);
    assert.deepEqual([cancelled.status, cancelled.body.state], [200, "cancelled"]);
    assert.equal((await stage.json("POST", `/tasks/${id}/cancel`)).status, 409);
    assert.equal((await stage.json("POST", "/tasks/OTA_20230801_999/cancel")).status, 404);
  });
});

Deno.test("bodies are JSON objects of bounded size; nothing else gets in", async () => {
  await onStage(async (stage) => {
    const post = async (body: string) => {
      const answer = await stage.request("POST", "/devices", { body });
      const text = await answer.text();
      assert.ok(!text.includes("    at "), text);
      return answer.status;
    };
    assert.equal(await post("{"), 400);
    assert.equal(await post('{"__proto__":{},"device_id":"a"}'), 400);
    assert.equal(await post("[".repeat(60_000)), 400);
    assert.equal(await post(JSON.stringify({ device_id: "x".repeat(70_000) })), 413);
    assert.equal(await post("[]"), 422);
    assert.equal(await post("null"), 422);
    for (const device_id of ["", "a/b", "../x", "a\u0000", "ä", "x".repeat(65), 7]) {
      assert.equal(await post(JSON.stringify({ device_id })), 422, String(device_id));
    }
    assert.deepEqual((await stage.json("GET", "/devices")).body, { items: [] });
  });
});

Deno.test("lists come in pages that neither lose nor repeat anything", async () => {
  await onStage(async (stage) => {
    const ids = Array.from({ length: 7 }, (_, n) => `pump-${n}`);
    for (const device_id of ids) await stage.json("POST", "/devices", { device_id });
    for (const n of [1, 2, 3]) {
      const body = bytes.slice(n);
      await (await stage.request("PUT", `/firmware/1.0.${n}`, { body })).body?.cancel();
    }
    const walk = async (path: string, name: string) => {
      const seen: unknown[] = [];
      for (let next: string | undefined = ""; next !== undefined;) {
        const after: string = next === "" ? "" : `&after=${encodeURIComponent(next)}`;
        const { body } = await stage.json("GET", `${path}?limit=2${after}`);
        seen.push(...body.items.map((item: Record<string, unknown>) => item[name]));
        next = body.next;
      }
      return seen;
    };
    assert.deepEqual(await walk("/devices", "device_id"), ids);
    assert.deepEqual(await walk("/firmware", "version"), ["1.0.1", "1.0.2", "1.0.3"]);
    const seqs = await walk("/events", "seq");
    assert.deepEqual(seqs, seqs.map((_, index) => index + 1));
    assert.deepEqual(await walk("/devices/pump-3/events", "version"), [1, 2]);
    for (const bad of ["limit=0", "limit=501", "limit=x", "after=-1", "x=1"]) {
      assert.equal((await stage.json("GET", `/events?${bad}`)).status, 422, bad);
    }
  });
});

Deno.test("healthz is always 200, readyz says when devices are served", async () => {
  await onStage(async (stage) => {
    const status = async (path: string) => {
      const answer = await stage.request("GET", path, { token: null });
      await answer.body?.cancel();
      return answer.status;
    };
    assert.deepEqual([await status("/healthz"), await status("/readyz")], [200, 200]);
    stage.ready = false;
    assert.deepEqual([await status("/healthz"), await status("/readyz")], [200, 503]);
    const headers = { authorization: "Bearer stale" };
    const stale = await stage.request("GET", "/healthz", { token: null, headers });
    assert.equal(stale.status, 200);
  });
});

Deno.test("what is not there is 404; a method that a path does not take is 405, with those it takes", async () => {
  await onStage(async (stage) => {
    const ask = async (method: string, path: string) => {
      const answer = await stage.request(method, path);
      const text = await answer.text();
      const { detail } = text === "" ? { detail: "" } : JSON.parse(text);
      return [answer.status, answer.headers.get("allow"), detail];
    };
    assert.deepEqual(await ask("GET", "/devces?x=1"), [
      404,
      null,
      "There is no route GET /devces. The routes are listed in the README.",
    ]);
    assert.deepEqual(await ask("PATCH", "/devices"), [
      405,
      "GET, HEAD, POST",
      "/devices does not take PATCH. It takes GET, HEAD, POST.",
    ]);
    const refused = [
      ["DELETE", "/firmware/1.0.0", "GET, HEAD, PUT"],
      ["PUT", `/artifacts/${"0".repeat(64)}`, "GET, HEAD"],
      ["GET", "/tasks/OTA_20230801_001/cancel", "POST"],
      ["HEAD", "/ota/pump-7/request", "POST"],
      ["OPTIONS", "/healthz", "GET, HEAD"],
    ] as const;
    for (const [method, path, allow] of refused) {
      assert.deepEqual((await ask(method, path)).slice(0, 2), [405, allow], `${method} ${path}`);
    }
    assert.deepEqual(await ask("HEAD", "/devices"), [200, null, ""]);
    assert.deepEqual(await ask("HEAD", "/nowhere"), [404, null, ""]);
    assert.ok((await ask("GET", `/${"x".repeat(5_000)}`))[2].length < 300);
  });
});
