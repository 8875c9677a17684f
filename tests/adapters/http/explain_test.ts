import assert from "node:assert/strict";
import type { Change } from "../../../core/engine/mod.ts";
import { onStage, sha256 } from "./stage.ts";
import type { HttpStage } from "./stage.ts";

const image = new Uint8Array(1_000).fill(7);
const checksum = `sha256:${sha256(image)}`;

/** A device that was offered one image, stored it wrongly once, and has another one waiting. */
async function history({ json, request }: HttpStage): Promise<void> {
  const { body: { token } } = await json("POST", "/devices", { device_id: "pump-7" });
  await request("PUT", "/firmware/2.0.0", { body: image });
  await request("PUT", "/firmware/3.0.0", { body: image.slice(1) });
  const order = async (firmware_version: string, checksum: string) => {
    const order = { device_id: "pump-7", firmware_version, checksum };
    assert.equal((await json("POST", "/firmware/upgrade", order)).status, 202);
  };
  await order("2.0.0", checksum);
  await json("POST", "/ota/pump-7/request", { current_version: "1.0.0" }, token);
  await order("3.0.0", `sha256:${sha256(image.slice(1))}`);
  const wrong = { checksum: `sha256:${"0".repeat(64)}`, bad_chunks: [0] };
  await json("POST", "/ota/pump-7/verify", wrong, token);
}

Deno.test("explain says what changed and why, and why the device is not updated now", async () => {
  await onStage(async (stage) => {
    await history(stage);
    const { status, body } = await stage.json("GET", "/devices/pump-7/explain");
    assert.equal(status, 200);
    const { items, current, ...device } = body;
    assert.deepEqual(device, { device_id: "pump-7", version: "1.0.0" });
    const [first, second] = items[2].task_id.endsWith("_001") ? [items[2], items[4]] : [];
    assert.deepEqual(
      items.map(({ task_id, from, to, reason }: Change) => [task_id, from, to, reason]),
      [
        [undefined, undefined, "registered", "registered"],
        [undefined, undefined, undefined, "token_issued"],
        [first.task_id, undefined, "queued", "ordered"],
        [first.task_id, "queued", "offered", "device_asked"],
        [second.task_id, undefined, "queued", "ordered"],
        [first.task_id, "offered", "retrying", "bad_chunks"],
      ],
    );
    const { seq, at, text, ...last } = items.at(-1);
    assert.ok(Number.isInteger(seq) && new Date(at).toISOString() === at);
    assert.equal(text, "Attempt 1 of 4 was spent: 1 chunk did not match.");
    assert.deepEqual(last, {
      actor: "device:pump-7",
      task_id: first.task_id,
      from: "offered",
      to: "retrying",
      attempt: 2,
      reason: "bad_chunks",
    });
    assert.deepEqual([current.reason, current.task_id], ["bad_chunks", first.task_id]);
    assert.match(current.text, new RegExp(`; ${second.task_id} \\(normal\\) waits behind it\\.$`));
  });
});

Deno.test("explain pages like other lists, also where one row changed several tasks", async () => {
  await onStage(async (stage) => {
    await history(stage);
    assert.equal((await stage.request("DELETE", "/devices/pump-7")).status, 204);
    const { body: whole } = await stage.json("GET", "/devices/pump-7/explain");
    assert.equal(whole.next, undefined);
    assert.deepEqual(
      whole.items.slice(-3).map(({ to }: Change) => to),
      ["revoked", "cancelled", "cancelled"],
    );
    for (const limit of [1, 2, 4, whole.items.length]) {
      const items: Change[] = [];
      let next: string | undefined = "0";
      while (next !== undefined) {
        const path: string = `/devices/pump-7/explain?limit=${limit}&after=${next}`;
        const { body } = await stage.json("GET", path);
        assert.ok(body.items.length > 0 && body.items.length <= limit);
        assert.notEqual(body.next, next, "the pages stand still");
        items.push(...body.items);
        next = body.next;
      }
      assert.deepEqual(items, whole.items, `pages of ${limit}`);
    }
  });
});

Deno.test("explain refuses a device that there is not, and a cursor that it did not give", async () => {
  await onStage(async ({ json }) => {
    assert.equal((await json("GET", "/devices/pump-7/explain")).status, 404);
    await json("POST", "/devices", { device_id: "pump-7" });
    const { status, body } = await json("GET", "/devices/pump-7/explain?after=x");
    assert.equal(status, 422);
    assert.deepEqual(body.errors, [{ path: "after", message: "must be what `next` gave" }]);
  });
});
