/** A download as contact, as something that ends, and as something that a full disk does not stop. */
import assert from "node:assert/strict";
import { listen } from "../../../adapters/http/mod.ts";
import { outboxOf } from "../../../commands/house/ways.ts";
import { problem } from "../../../core/mod.ts";
import { onStage, sha256 } from "./stage.ts";
import type { HttpStage } from "./stage.ts";
import { SlowPeer, until } from "./talk.ts";

/** More than the buffers of a connection take. */
const bytes = new Uint8Array(16_000_000).fill(7);
const url = `/artifacts/${sha256(bytes)}`;

async function pump(stage: HttpStage): Promise<string> {
  await (await stage.request("PUT", "/firmware/2.0.0", { body: bytes })).body?.cancel();
  const { body } = await stage.json("POST", "/devices", { device_id: "pump-7" });
  const checksum = `sha256:${sha256(bytes)}`;
  const order = { device_id: "pump-7", firmware_version: "2.0.0", checksum };
  await stage.json("POST", "/firmware/upgrade", order);
  await stage.json("POST", "/ota/pump-7/request", {}, body.token);
  return body.token;
}

async function onWire(
  stage: HttpStage,
  token: string,
  story: (peer: SlowPeer) => Promise<void>,
): Promise<void> {
  const listener = await listen((r, env) => stage.app.fetch(r, env), "127.0.0.1", 0);
  try {
    const head = [`GET ${url} HTTP/1.1`, "Host: x", `Authorization: Bearer ${token}`];
    await using peer = await SlowPeer.ask(listener.port, head);
    await story(peer);
  } finally {
    await listener.close();
  }
}

Deno.test("bytes that are taken are contact; an open download of which nothing is taken is none", async () => {
  await onStage(async (stage) => {
    const token = await pump(stage);
    const reader = (await stage.request("GET", url, { token })).body!.getReader();
    await reader.read();
    const heardAt = stage.engine.lastHeardAt("pump-7")!;
    await until("a later time", () => stage.engine.now() > heardAt + 5);
    assert.equal(stage.engine.lastHeardAt("pump-7"), heardAt);
    await reader.read();
    assert.ok(stage.engine.lastHeardAt("pump-7")! > heardAt);
    await reader.cancel();
    assert.equal(stage.downloads.size, 0);
  }, { heardEveryMs: 0 });
});

Deno.test("a peer that stops reading loses its connection", async () => {
  await onStage(async (stage) => {
    await onWire(stage, await pump(stage), async (peer) => {
      assert.equal(stage.downloads.size, 1);
      await until("the end of the download", () => stage.downloads.size === 0);
      assert.ok(await peer.drain() < bytes.length);
    });
    assert.deepEqual(stage.faults, []);
  }, { stalledMs: 200, slowestBytesPerS: 1e9 });
});

Deno.test("a peer that reads gets everything, and then its download is over", async () => {
  await onStage(async (stage) => {
    await onWire(stage, await pump(stage), async (peer) => {
      const all = peer.drain();
      await until("the end of the download", () => stage.downloads.size === 0);
      await until("the last byte", () => peer.bytes > bytes.length);
      await peer[Symbol.asyncDispose]();
      await all;
    });
  });
});

Deno.test("a device that is revoked loses its downloads at once", async () => {
  await onStage(async (stage) => {
    await onWire(stage, await pump(stage), async (peer) => {
      assert.equal((await stage.json("DELETE", "/devices/pump-7")).status, 204);
      assert.equal(stage.downloads.size, 0);
      assert.ok(await peer.drain() < bytes.length);
    });
  });
});

Deno.test("a device is being given bytes from its request on until its last download ends or is cut", async () => {
  await onStage(async (stage) => {
    const token = await pump(stage);
    const { isGiving } = outboxOf([], stage.downloads);
    const begin = async () => (await stage.request("GET", url, { token })).body!.getReader();
    assert.equal(isGiving!("pump-7"), false);
    const [first, second] = [await begin(), await begin()];
    assert.deepEqual([isGiving!("pump-7"), isGiving!("pump-8")], [true, false]);
    await first.cancel();
    assert.equal(isGiving!("pump-7"), true);
    stage.downloads.disconnect("pump-7");
    assert.equal(isGiving!("pump-7"), false);
    await assert.rejects(second.read(), /The download was ended/);
  });
});

Deno.test("a device has 16 downloads at once: a further one ends the oldest", async () => {
  await onStage(async (stage) => {
    const token = await pump(stage);
    const begin = async () => (await stage.request("GET", url, { token })).body!.getReader();
    const first = await begin();
    const others = [];
    for (let n = 0; n < 15; n++) others.push(await begin());
    await Promise.all([first, ...others].map((reader) => reader.read()));
    others.push(await begin());
    await assert.rejects(first.read(), /The download was ended/);
    for (const reader of others) assert.ok((await reader.read()).value);
    for (const reader of others) await reader.cancel();
    assert.equal(stage.downloads.size, 0);
  });
});

Deno.test("a log that cannot be written keeps no bytes from a device, a revocation does", async () => {
  await onStage(async (stage) => {
    const token = await pump(stage);
    const get = async () => {
      const headers = { range: "bytes=0-9" };
      const answer = await stage.request("GET", url, { token, headers });
      return [answer.status, (await answer.arrayBuffer()).byteLength];
    };
    stage.refuse = problem(503, "The log cannot be written now.");
    assert.deepEqual(await get(), [206, 10]);
    stage.refuse = problem(403, "Device pump-7 was revoked.");
    assert.equal((await get())[0], 403);
    assert.equal(stage.downloads.size, 0);
  });
});

Deno.test("a revocation beside the request for the bytes is not missed", async () => {
  await onStage(async (stage) => {
    const token = await pump(stage);
    stage.onSubmit = () => stage.downloads.disconnect("pump-7");
    const answer = await stage.request("GET", url, { token });
    assert.equal(answer.status, 403);
    assert.equal(stage.downloads.size, 0);
  });
});
