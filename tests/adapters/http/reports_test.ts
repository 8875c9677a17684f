/** A device's reports over HTTP: the same as over MQTT, answered with the messages meant for it. */
import assert from "node:assert/strict";
import { onStage, OPERATOR, sha256 } from "./stage.ts";
import type { HttpStage } from "./stage.ts";

const image = new Uint8Array(10_000).fill(7);
const checksum = `sha256:${sha256(image)}`;

/** Two devices, one of them with an upgrade: their tokens. */
async function devices(stage: HttpStage): Promise<{ own: string; other: string }> {
  const tokens = [];
  for (const device_id of ["pump-7", "pump-8"]) {
    tokens.push((await stage.json("POST", "/devices", { device_id })).body.token);
  }
  await stage.request("PUT", "/firmware/2.0.0", { body: image, token: OPERATOR });
  await stage.json("POST", "/firmware/upgrade", {
    device_id: "pump-7",
    firmware_version: "2.0.0",
    checksum,
  });
  return { own: tokens[0], other: tokens[1] };
}

Deno.test("a device goes from the request to success with its reports alone", async () => {
  await onStage(async (stage) => {
    const { own } = await devices(stage);
    const say = async (kind: string, body: object) =>
      (await stage.json("POST", `/ota/pump-7/${kind}`, body, own)).body.messages;
    const [metadata] = await say("request", { current_version: "1.0.0" });
    assert.equal(metadata.topic, "/ota/pump-7/metadata");
    assert.deepEqual(await say("progress", { percent: 50 }), []);
    const [rejected] = await say("progress", { percent: 101 });
    assert.equal(rejected.payload.code, "out_of_range");
    const [success] = await say("verify", { checksum });
    assert.equal(success.topic, "/ota/pump-7/success");
    assert.equal(success.payload.task_id, metadata.payload.task_id);
  });
});

Deno.test("a device speaks for itself alone, on every route", async () => {
  await onStage(async (stage) => {
    const { other } = await devices(stage);
    const before = (await stage.json("GET", "/devices/pump-7/events?limit=500")).body.items;
    for (const kind of ["request", "progress", "verify", "status"]) {
      const path = `/ota/pump-7/${kind}`;
      assert.equal((await stage.json("POST", path, { checksum }, other)).status, 403, kind);
      assert.equal((await stage.json("POST", path, { checksum }, OPERATOR)).status, 403, kind);
      assert.equal((await stage.json("POST", path, { checksum }, "x".repeat(32))).status, 401);
    }
    const after = (await stage.json("GET", "/devices/pump-7/events?limit=500")).body.items;
    assert.deepEqual(after, before);
  });
});

Deno.test("an Idempotency-Key makes a report known when it comes again", async () => {
  await onStage(async (stage) => {
    const { own } = await devices(stage);
    await stage.json("POST", "/ota/pump-7/request", {}, own);
    const wrong = { checksum: `sha256:${"0".repeat(64)}` };
    const headers = { "idempotency-key": "k1" };
    const answers = [];
    for (let turn = 0; turn < 2; turn++) {
      const options = { token: own, headers, body: wrong };
      answers.push(await (await stage.request("POST", "/ota/pump-7/verify", options)).json());
    }
    assert.deepEqual(answers[1], answers[0]);
    assert.equal((await stage.json("GET", "/tasks")).body.items[0].attempt, 2);
  });
});
