/** Messages over HTTP: the long poll, and the word that one has arrived. */
import assert from "node:assert/strict";
import { onStage } from "./stage.ts";
import type { HttpStage } from "./stage.ts";

const IMAGE = new Uint8Array(5_000).fill(7);

/** A device `pump-7` with firmware 2.0.0 at hand; its token. */
async function ready(stage: HttpStage): Promise<{ token: string; order: () => Promise<string> }> {
  const { body: { token } } = await stage.json("POST", "/devices", { device_id: "pump-7" });
  const uploaded = await stage.request("PUT", "/firmware/2.0.0", { body: IMAGE });
  const { checksum } = await uploaded.json();
  const order = { device_id: "pump-7", firmware_version: "2.0.0", checksum };
  return {
    token,
    order: async () => (await stage.json("POST", "/firmware/upgrade", order)).body.task_id,
  };
}

const poll = (stage: HttpStage, token: string, wait: number) =>
  stage.json("GET", `/ota/pump-7/messages?wait=${wait}`, undefined, token);
const ids = ({ body }: { body: { messages: { id: string }[] } }) =>
  body.messages.map(({ id }) => id);

Deno.test("GET /ota/{device}/messages gives the offer as it is made, and again until it is deleted", () =>
  onStage(async (stage) => {
    const { token, order } = await ready(stage);
    const waiting = poll(stage, token, 30);
    // The device listens as soon as its poll is open.
    while (!stage.engine.isListening("pump-7")) await new Promise((r) => setTimeout(r, 1));
    const task = await order();
    const answer = await waiting;
    assert.deepEqual([answer.status, ids(answer)], [200, [`${task}.metadata.1`]]);
    assert.equal(answer.body.messages[0].topic, "/ota/pump-7/metadata");
    assert.equal(answer.body.messages[0].payload.task_id, task);
    assert.deepEqual(ids(await poll(stage, token, 0)), [`${task}.metadata.1`]);
    const path = `/ota/pump-7/messages/${task}.metadata.1`;
    assert.equal((await stage.request("DELETE", path, { token })).status, 204);
    assert.deepEqual(ids(await poll(stage, token, 0)), []);
    assert.equal((await stage.request("DELETE", path, { token })).status, 204);
    const log = await stage.json("GET", "/devices/pump-7/events");
    const types = log.body.items.map(({ type }: { type: string }) => type);
    assert.deepEqual(types.filter((type: string) => type === "MessageDelivered").length, 1);
  }));

Deno.test("GET /ota/{device}/messages answers with nothing when the wait is over, or a newer one comes", () =>
  onStage(async (stage) => {
    const { token } = await ready(stage);
    assert.deepEqual(ids(await poll(stage, token, 0)), []);
    assert.deepEqual(ids(await poll(stage, token, 1)), []);
    const older = poll(stage, token, 30);
    while (stage.polls.size === 0) await new Promise((r) => setTimeout(r, 1));
    const newer = poll(stage, token, 1);
    assert.deepEqual([ids(await older), ids(await newer)], [[], []]);
    assert.equal(stage.polls.size, 0);
    assert.equal(stage.engine.isListening("pump-7"), false);
  }));

Deno.test("GET /ota/{device}/messages is for the device alone, and for at most a minute", () =>
  onStage(async (stage) => {
    const { token } = await ready(stage);
    const { body: other } = await stage.json("POST", "/devices", { device_id: "pump-8" });
    const status = async (path: string, token: string | null) =>
      (await stage.request("GET", path, { token })).status;
    assert.equal(await status("/ota/pump-7/messages?wait=0", other.token), 403);
    assert.equal(await status("/ota/pump-7/messages?wait=0", null), 401);
    assert.equal(await status("/ota/pump-7/messages?wait=0", undefined as never), 403);
    for (const wait of ["61", "-1", "a"]) {
      assert.equal(await status(`/ota/pump-7/messages?wait=${wait}`, token), 422, wait);
    }
  }));

Deno.test("GET /ota/{device}/messages ends at once for a device that is revoked", () =>
  onStage(async (stage) => {
    const { token } = await ready(stage);
    const waiting = poll(stage, token, 30);
    while (stage.polls.size === 0) await new Promise((r) => setTimeout(r, 1));
    await stage.request("DELETE", "/devices/pump-7");
    assert.equal((await waiting).status, 401);
    assert.equal((await poll(stage, token, 0)).status, 401);
  }));

Deno.test("GET /ota/{device}/messages ends with the token it came with; a poll with the new one is answered", () =>
  onStage(async (stage) => {
    const { token } = await ready(stage);
    const replace = async (overlap: number): Promise<string> =>
      (await stage.json("POST", "/devices/pump-7/token", { overlap })).body.token;
    const begun = async (token: string) => {
      const waiting = poll(stage, token, 30);
      while (stage.polls.size === 0) await new Promise((r) => setTimeout(r, 1));
      return { waiting };
    };
    const first = await begun(token);
    const second = await replace(0);
    assert.equal((await first.waiting).status, 401);
    const third = await replace(1);
    // The connections of a device are cut when a token of it ends, whichever they came with.
    const ends = await begun(third);
    assert.deepEqual([(await ends.waiting).status, ids(await ends.waiting)], [200, []]);
    assert.equal((await poll(stage, second, 0)).status, 401);
  }));

Deno.test("GET /ota/{device}/messages is refused with 503 while the log cannot be written", () =>
  onStage(async (stage) => {
    const { token } = await ready(stage);
    await stage.engine.stop();
    assert.equal((await poll(stage, token, 0)).status, 503);
  }));

Deno.test("a fitting report over HTTP confirms the task's message and those before it", () =>
  onStage(async (stage) => {
    const { token, order } = await ready(stage);
    const task = await order();
    await stage.json("POST", "/ota/pump-7/request", {}, token);
    assert.deepEqual(ids(await poll(stage, token, 0)), [`${task}.metadata.1`]);
    // What is refused confirms nothing.
    await stage.json("POST", "/ota/pump-7/progress", { received: 9_999 }, token);
    assert.deepEqual(ids(await poll(stage, token, 0)), [`${task}.metadata.1`]);
    await stage.json("POST", "/ota/pump-7/progress", { received: 100 }, token);
    assert.deepEqual(ids(await poll(stage, token, 0)), []);
    // What the report itself leads to is owed.
    const wrong = { checksum: `sha256:${"00".repeat(32)}` };
    await stage.json("POST", "/ota/pump-7/verify", wrong, token);
    assert.deepEqual(ids(await poll(stage, token, 0)), [`${task}.retry.2`]);
  }));
