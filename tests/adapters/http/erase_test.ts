/** `POST /devices/{id}/erase`, and what is shown of rows that lost data. */
import assert from "node:assert/strict";
import { mock } from "node:test";
import { openReplica } from "../../../adapters/sqlite/mod.ts";
import { TRY_AGAIN_MS } from "../../../adapters/sqlite/scrubber.ts";
import { onStage, sha256 } from "./stage.ts";
import type { HttpStage } from "./stage.ts";

const bytes = new Uint8Array(10_000).fill(7);
const checksum = `sha256:${sha256(bytes)}`;
const SAID = "owner was called";
const END = 9_007_199_254_740_991;

/** A device with tags that said why it failed. */
async function told({ json, request }: HttpStage): Promise<void> {
  const device = { device_id: "lake-1", tags: ["at the lake"] };
  const { body: { token } } = await json("POST", "/devices", device);
  await (await request("PUT", "/firmware/2.0.0", { body: bytes })).body?.cancel();
  const order = { device_id: "lake-1", firmware_version: "2.0.0", checksum };
  await json("POST", "/firmware/upgrade", order);
  await json("POST", "/ota/lake-1/request", {}, token);
  await json("POST", "/ota/lake-1/status", { status: "failed", reason: SAID }, token);
}

/** Everything that the API shows of the device. */
async function shown({ json }: HttpStage): Promise<string> {
  const paths = ["/devices", "/devices/lake-1", `/devices/lake-1?at=${END}`, "/events"];
  const more = ["/devices/lake-1/events", "/devices/lake-1/explain", "/devices/lake-1?at=3"];
  const answers = await Promise.all([...paths, ...more].map((path) => json("GET", path)));
  assert.ok(answers.every(({ status }) => status === 200));
  return JSON.stringify(answers);
}

Deno.test("POST /devices/{id}/erase takes what is personal out of all that is shown", async () => {
  await onStage(async (stage) => {
    await told(stage);
    const rows = async () => (await stage.json("GET", "/devices/lake-1/events")).body.items;
    const before = await rows();
    assert.equal((await shown(stage)).split("at the lake").length - 1, 6);
    assert.equal((await shown(stage)).split(SAID).length - 1, 3);

    const erased = await stage.json("POST", "/devices/lake-1/erase");
    const body = { device_id: "lake-1", erased: 2, pending: false };
    assert.deepEqual(erased, { status: 200, body });
    assert.doesNotMatch(await shown(stage), /at the lake|owner was called/);
    const after = await rows();
    const { data: _, ...last } = after.at(-1);
    assert.deepEqual([last.type, last.actor], ["DataErased", "operator:api"]);
    const sealed = ({ data: _, ...row }: { data: unknown }) => row;
    assert.deepEqual(after.slice(0, -1).map(sealed), before.map(sealed));
    assert.deepEqual(after[0].data, { device_id: "lake-1" });
    const { body: { items } } = await stage.json("GET", "/devices/lake-1/explain");
    assert.equal(items.at(-1).text, "Personal data was taken out of 2 rows.");

    const again = await stage.json("POST", "/devices/lake-1/erase");
    assert.deepEqual(again.body, { device_id: "lake-1", erased: 0, pending: false });
  });
});

Deno.test("POST /devices/{id}/erase says that a file still has it, while another process reads the log", async () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  try {
    await onStage(async (stage) => {
      await told(stage);
      const erase = async () => (await stage.json("POST", "/devices/lake-1/erase")).body;
      const reader = await openReplica(stage.folder);
      assert.notEqual(reader.count, 0);
      assert.deepEqual(await erase(), { device_id: "lake-1", erased: 2, pending: true });
      reader.close();
      mock.timers.tick(TRY_AGAIN_MS);
      assert.deepEqual(await erase(), { device_id: "lake-1", erased: 0, pending: false });
    });
  } finally {
    mock.timers.reset();
  }
});

Deno.test("POST /devices/{id}/erase says that there is no such device, and when it cannot", async () => {
  await onStage(async (stage) => {
    await told(stage);
    const none = await stage.json("POST", "/devices/nobody/erase");
    assert.equal(none.status, 404);
    assert.equal(none.body.detail, "There is no device nobody: nothing can be erased of it.");
    stage.refuse = { status: 503, title: "Not available now", detail: "The disk is gone." };
    const response = await stage.request("POST", "/devices/lake-1/erase");
    assert.equal(response.status, 503);
    // Not the same for all: those who are turned away together do not come back together.
    assert.match(response.headers.get("retry-after")!, /^([5-9]|10)$/);
    assert.equal((await response.json()).detail, "The disk is gone.");
    stage.refuse = undefined;
    assert.match(await shown(stage), /at the lake/);
  });
});

Deno.test("GET /devices shows each device its own tags, page by page", async () => {
  await onStage(async (stage) => {
    for (const id of ["a", "b", "c", "d"]) {
      await stage.json("POST", "/devices", {
        device_id: id,
        ...(id === "b" ? {} : { tags: [id, "x"] }),
      });
    }
    await stage.json("POST", "/devices/c/erase");
    const { body: first } = await stage.json("GET", "/devices?limit=3");
    const tags = (page: { items: { tags: string[] }[] }) => page.items.map(({ tags }) => tags);
    assert.deepEqual(tags(first), [["a", "x"], [], []]);
    const { body: second } = await stage.json("GET", `/devices?limit=3&after=${first.next}`);
    assert.deepEqual(tags(second), [["d", "x"]]);
  });
});
