import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { listen } from "../../../adapters/http/mod.ts";
import { onStage, OPERATOR, sha256 } from "./stage.ts";
import type { HttpStage } from "./stage.ts";
import { talk } from "./talk.ts";

const bytes = new Uint8Array(randomBytes(200_000));
const hex = sha256(bytes);
const url = `/artifacts/${hex}`;

/** A device with a task of the image, and one without; their tokens. */
async function fleet(stage: HttpStage): Promise<{ mine: string; other: string }> {
  await (await stage.request("PUT", "/firmware/2.0.0", { body: bytes })).body?.cancel();
  const [mine, other] = await Promise.all(
    ["pump-7", "pump-8"].map(async (device_id) =>
      (await stage.json("POST", "/devices", { device_id })).body.token as string
    ),
  );
  await stage.json("POST", "/firmware/upgrade", {
    device_id: "pump-7",
    firmware_version: "2.0.0",
    checksum: `sha256:${hex}`,
  });
  return { mine: mine!, other: other! };
}

Deno.test("an image is given whole, in ranges, or not again", async () => {
  await onStage(async (stage) => {
    const { mine } = await fleet(stage);
    const get = (headers = {}, method = "GET") =>
      stage.request(method, url, { token: mine, headers });
    const whole = await get();
    assert.equal(whole.status, 200);
    assert.equal(whole.headers.get("content-length"), "200000");
    assert.equal(whole.headers.get("etag"), `"sha256-${hex}"`);
    assert.equal(whole.headers.get("accept-ranges"), "bytes");
    assert.equal(
      whole.headers.get("cache-control"),
      "private, max-age=31536000, immutable, no-transform",
    );
    assert.deepEqual(await whole.bytes(), bytes);
    const part = await get({ range: "bytes=150000-200000" });
    assert.equal(part.status, 206);
    assert.equal(part.headers.get("content-range"), "bytes 150000-199999/200000");
    assert.equal(part.headers.get("content-length"), "50000");
    assert.deepEqual(await part.bytes(), bytes.slice(150_000));
    const after = await get({ range: "bytes=200000-200000" });
    assert.equal(after.status, 416);
    assert.equal(after.headers.get("content-range"), "bytes */200000");
    await after.body?.cancel();
    const held = await get({ range: "bytes=0-9", "if-range": `"sha256-${hex}"` });
    assert.equal(held.status, 206);
    await held.body?.cancel();
    const changed = await get({ range: "bytes=0-9", "if-range": '"sha256-00"' });
    assert.equal(changed.status, 200);
    await changed.body?.cancel();
    assert.equal((await get({ "if-none-match": `"sha256-${hex}"` })).status, 304);
    const head = await get({}, "HEAD");
    assert.deepEqual([head.status, head.headers.get("content-length")], [200, "200000"]);
    assert.equal(await head.text(), "");
    const named = await stage.request("GET", `${url}/firmware.bin`, { token: mine });
    assert.deepEqual(await named.bytes(), bytes);
    const byVersion = await stage.request("GET", "/firmware/2.0.0.bin", { token: mine });
    assert.deepEqual(await byVersion.bytes(), bytes);
  });
});

Deno.test("a device gets the images of its own tasks and no others", async () => {
  await onStage(async (stage) => {
    const { mine, other } = await fleet(stage);
    const status = async (path: string, token: string) => {
      const answer = await stage.request("GET", path, { token });
      await answer.body?.cancel();
      return answer.status;
    };
    for (
      const path of [url, `${url}/chunks?size=4`, `${url}/chunks/0?size=4`, "/firmware/2.0.0.bin"]
    ) {
      assert.equal(await status(path, mine), 200, path);
      assert.equal(await status(path, other), 404, path);
      assert.equal(await status(path, OPERATOR), 200, path);
    }
    assert.equal(await status(`/artifacts/${"0".repeat(64)}`, OPERATOR), 404);
    stage.openArtifacts = true;
    assert.equal(await status(url, other), 200);
    for (const bad of ["%2e%2e%2fotalog.db", "%00", hex.toUpperCase(), `${hex}.4096.chunks`, "x"]) {
      assert.equal(await status(`/artifacts/${bad}`, OPERATOR), 422, bad);
    }
    assert.deepEqual(stage.faults, []);
  });
});

Deno.test("chunks and their digests cover the image", async () => {
  await onStage(async (stage) => {
    const { mine } = await fleet(stage);
    const { body } = await stage.json("GET", `${url}/chunks?size=64`, undefined, mine);
    assert.deepEqual([body.size, body.chunk_bytes, body.from], [200_000, 65_536, 0]);
    assert.equal(body.chunks.length, 4);
    const parts: Uint8Array[] = [];
    for (const [n, digest] of body.chunks.entries()) {
      const answer = await stage.request("GET", `${url}/chunks/${n}?bytes=65536`, { token: mine });
      const chunk = await answer.bytes();
      parts.push(chunk);
      assert.equal(`sha256:${sha256(chunk)}`, digest);
      const base64 = createHash("sha256").update(chunk).digest("base64");
      assert.equal(answer.headers.get("repr-digest"), `sha-256=:${base64}:`);
      assert.equal(answer.headers.get("content-length"), String(chunk.length));
    }
    assert.deepEqual(new Uint8Array(Buffer.concat(parts)), bytes);
    const some = await stage.json("GET", `${url}/chunks?size=64&from=1&count=2`, undefined, mine);
    assert.deepEqual(some.body.chunks, body.chunks.slice(1, 3));
    const refused = [
      ["/chunks", 422],
      ["/chunks?size=0", 422],
      ["/chunks?bytes=300", 422],
      ["/chunks?size=20000", 422],
      ["/chunks/4?size=64", 404],
      ["/chunks/-1?size=64", 422],
    ] as const;
    for (const [path, status] of refused) {
      assert.equal((await stage.json("GET", url + path, undefined, mine)).status, status, path);
    }
  });
});

Deno.test("the first byte of an attempt is a fact, once; HEAD is none", async () => {
  await onStage(async (stage) => {
    const { mine } = await fleet(stage);
    await stage.json("POST", "/ota/pump-7/request", {}, mine);
    const types = async () => {
      const { body } = await stage.json("GET", "/devices/pump-7/events");
      return body.items.slice(3).map(({ type }: { type: string }) => type);
    };
    await stage.request("HEAD", url, { token: mine });
    assert.deepEqual(await types(), ["UpdateRequested"]);
    for (const range of ["bytes=0-99", "bytes=100-"]) {
      const answer = await stage.request("GET", url, { token: mine, headers: { range } });
      await answer.body?.cancel();
    }
    assert.deepEqual(await types(), ["UpdateRequested", "ArtifactRequested"]);
  });
});

Deno.test("on the wire an image is never chunked, its headers are short, HTTP/1.0 works", async () => {
  await onStage(async (stage) => {
    const { mine } = await fleet(stage);
    const listener = await listen((r, env) => stage.app.fetch(r, env), "127.0.0.1", 0);
    try {
      const ask = async (line: string, ...headers: string[]) => {
        const lines = [
          line,
          "Host: x",
          "Connection: close",
          `Authorization: Bearer ${mine}`,
          ...headers,
        ];
        const text = await talk(listener.port, lines.join("\r\n") + "\r\n\r\n");
        const end = text.indexOf("\r\n\r\n");
        return { head: text.slice(0, end), body: text.slice(end + 4) };
      };
      const check = (
        { head, body }: { head: string; body: string },
        status: string,
        size: number,
      ) => {
        assert.match(head, new RegExp(`^HTTP/1\\.[01] ${status} `));
        assert.match(head.toLowerCase(), new RegExp(`\ncontent-length: ${size}\r`));
        assert.doesNotMatch(head, /chunked|content-encoding/i);
        assert.ok(head.length < 512, `${head.length} bytes of headers`);
        assert.equal(body.length, /^HEAD/.test(status) ? 0 : body.length);
      };
      const whole = await ask(`GET ${url} HTTP/1.1`);
      check(whole, "200", 200_000);
      assert.equal(sha256(Buffer.from(whole.body, "latin1")), hex);
      const part = await ask(`GET ${url} HTTP/1.1`, "Range: bytes=0-");
      check(part, "206", 200_000);
      const head = await ask(`HEAD ${url} HTTP/1.1`);
      check(head, "200", 200_000);
      assert.equal(head.body, "");
      const old = await ask(`GET ${url} HTTP/1.0`, "x-ESP8266-mode: sketch", "Range: bytes=5-9");
      check(old, "200", 200_000);
      const md5 = createHash("md5").update(bytes).digest("hex");
      assert.match(old.head.toLowerCase(), new RegExp(`\nx-md5: ${md5}\r`));
      const plainOld = await ask(`GET ${url} HTTP/1.0`, "Range: bytes=5-9");
      check(plainOld, "206", 5);
      const twice = await ask(`GET ${url} HTTP/1.1`, "Host: y");
      assert.match(twice.head, /^HTTP\/1\.1 400 /);
    } finally {
      await listener.close();
    }
  });
});

Deno.test("listen() says what to do when the port is in use, and close() ends idle peers", async () => {
  const listener = await listen(() => new Response("ok"), "127.0.0.1", 0);
  await assert.rejects(listen(() => new Response("ok"), "127.0.0.1", listener.port), {
    message:
      `Cannot listen on 127.0.0.1:${listener.port}: the port is in use. Choose another with --http.`,
  });
  const { promise: sent, resolve } = Promise.withResolvers<void>();
  const idle = talk(listener.port, "GET / HTTP/1.1\r\nHost: half", resolve);
  await sent;
  await listener.close();
  assert.equal(await idle, "");
});
