/** `GET /metrics` on a running engine: figures of what devices and operators have just done. */
import assert from "node:assert/strict";
import { inHouse, randomImage } from "../../e2e/house.ts";
import type { Stage } from "../../e2e/house.ts";
import { onStage } from "./stage.ts";

/** The value of one sample. */
async function figure(stage: Stage, name: string): Promise<number> {
  const response = await fetch(`${stage.house.httpUrl}/metrics`, {
    headers: { authorization: `Bearer ${stage.house.operator.token}` },
  });
  const text = await response.text();
  const line = text.split("\n").find((line) => line.startsWith(`${name} `));
  assert.ok(line, `${name} in ${text}`);
  return Number(line.slice(name.length));
}

Deno.test("GET /metrics follows an upgrade over HTTP, figure by figure", async () => {
  await inHouse(async (stage) => {
    const image = randomImage(300_000);
    const token = await stage.register("pump-7");
    const checksum = await stage.upload("2.0.0", image);
    await stage.order("pump-7", "2.0.0", checksum);
    assert.equal(await figure(stage, 'otalog_tasks{state="queued"}'), 1);
    assert.equal(await figure(stage, 'otalog_facts_total{type="TaskQueued"}'), 1);
    assert.equal(await figure(stage, 'otalog_inputs_total{kind="command"}'), 3);
    assert.equal(await figure(stage, "otalog_owed_messages"), 0);

    const authorization = { authorization: `Bearer ${token}` };
    const tell = async (kind: string, body: object) => {
      const url = `${stage.house.httpUrl}/ota/pump-7/${kind}`;
      const told = { method: "POST", headers: authorization, body: JSON.stringify(body) };
      await (await fetch(url, told)).body?.cancel();
    };
    await tell("request", {});
    assert.equal(await figure(stage, "otalog_owed_messages"), 1);
    const url = `${stage.house.httpUrl}/artifacts/${checksum.slice(7)}`;
    await (await fetch(url, { headers: authorization })).arrayBuffer();
    assert.equal(await figure(stage, "otalog_artifact_bytes_total"), image.length);
    assert.equal(await figure(stage, 'otalog_inputs_total{kind="artifact"}'), 1);

    await tell("status", { status: "booted", version: "1.0.0", task_id: "OTA_20200101_001" });
    assert.equal(await figure(stage, 'otalog_rejected_total{code="unknown_task"}'), 1);
    await tell("verify", { checksum });
    assert.equal(await figure(stage, 'otalog_tasks{state="succeeded"}'), 1);
    assert.equal(await figure(stage, 'otalog_tasks{state="queued"}'), 0);
    assert.equal(await figure(stage, 'otalog_inputs_total{kind="report"}'), 3);
    assert.ok(await figure(stage, "otalog_commit_seconds_count") >= 7);
    assert.ok(await figure(stage, 'otalog_connections{transport="http"}') >= 1);
    assert.equal(await figure(stage, 'otalog_connections{transport="mqtt"}'), 0);
  });
});

Deno.test("what an operator downloads is not counted as bytes for devices", async () => {
  await inHouse(async (stage) => {
    const checksum = await stage.upload("2.0.0", randomImage(1_000));
    const headers = { authorization: `Bearer ${stage.house.operator.token}` };
    const url = `${stage.house.httpUrl}/artifacts/${checksum.slice(7)}`;
    await (await fetch(url, { headers })).arrayBuffer();
    assert.equal(await figure(stage, "otalog_artifact_bytes_total"), 0);
  });
});

Deno.test("GET /metrics is for operators, as text that nobody stores", async () => {
  await onStage(async (stage) => {
    const token = (await stage.json("POST", "/devices", { device_id: "pump-7" })).body.token;
    assert.equal((await stage.request("GET", "/metrics", { token: null })).status, 401);
    assert.equal((await stage.request("GET", "/metrics", { token })).status, 403);
    const answer = await stage.request("GET", "/metrics");
    await answer.body?.cancel();
    assert.equal(answer.headers.get("content-type"), "text/plain; version=0.0.4; charset=utf-8");
    assert.equal(answer.headers.get("cache-control"), "no-store");
  });
});
