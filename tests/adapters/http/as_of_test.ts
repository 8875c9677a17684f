/** `GET /devices/{id}?at=`: the view of a device as of a row or a time of the log. */
import assert from "node:assert/strict";
import { deviceAnswer } from "../../../adapters/http/answers.ts";
import { DatabaseSync } from "node:sqlite";
import { onStage, sha256 } from "./stage.ts";
import type { HttpStage } from "./stage.ts";

const bytes = new Uint8Array(10_000).fill(7);
const checksum = `sha256:${sha256(bytes)}`;

/** A device through an upgrade; its token, and its rows. */
async function upgraded({ json, request }: HttpStage) {
  await json("POST", "/devices", { device_id: "other" });
  const { body: { token } } = await json("POST", "/devices", { device_id: "pump-7", tags: ["a"] });
  await (await request("PUT", "/firmware/2.0.0", { body: bytes })).body?.cancel();
  const order = { device_id: "pump-7", firmware_version: "2.0.0", checksum };
  const { body: { task_id: task } } = await json("POST", "/firmware/upgrade", order);
  await json("POST", "/ota/pump-7/request", { current_version: "1.0.0" }, token);
  await json("POST", "/ota/pump-7/verify", { checksum }, token);
  const { body: { items: rows } } = await json("GET", "/devices/pump-7/events?limit=500");
  return { task, rows };
}

Deno.test("GET /devices/{id}?at= shows a device as it was, by row and by time", async () => {
  await onStage(async (stage) => {
    const { task, rows } = await upgraded(stage);
    const typed = (type: string) => rows.find((row: { type: string }) => row.type === type);
    const at = async (point: string | number) => {
      const path = `/devices/pump-7?at=${encodeURIComponent(point)}`;
      const { status, body } = await stage.json("GET", path);
      assert.equal(status, 200, JSON.stringify(body));
      assert.deepEqual(deviceAnswer.parse(body), body);
      return body;
    };

    const { seq, at: when } = typed("TaskQueued");
    const queued = await at(seq);
    assert.deepEqual(queued, {
      device_id: "pump-7",
      tags: ["a"],
      queue: [task],
      revoked: false,
      as_of: { seq, at: when },
    });
    const asked = typed("UpdateRequested");
    const offered = await at(asked.seq);
    assert.deepEqual([offered.active_task, offered.queue, offered.version], [task, [], "1.0.0"]);
    // Its last contact is the last one on record, not what this run of the engine heard.
    assert.equal(offered.last_contact_at, asked.at);

    const last = rows.at(-1);
    const { as_of: _, ...then } = await at(last.at);
    const { body: { last_contact_at: heard, ...now } } = await stage.json("GET", "/devices/pump-7");
    const { last_contact_at: recorded, ...rest } = then;
    assert.deepEqual(rest, now);
    assert.ok(recorded <= heard);
    for (const later of ["9007199254740991", "9999-12-31T23:59:59+00:00", last.seq + 1]) {
      assert.deepEqual((await at(later)).as_of, { seq: last.seq, at: last.at });
    }
  });
});

Deno.test("GET /devices/{id}?at= says since when a device is known, and what a point is", async () => {
  await onStage(async (stage) => {
    const { rows: [first] } = await upgraded(stage);
    const refused = async (path: string) => {
      const { status, body } = await stage.json("GET", path);
      return [status, body.errors?.[0].message ?? body.detail];
    };
    const sentence =
      `Device pump-7 was not known then. It is known since ${first.at} (row ${first.seq}).`;
    assert.deepEqual(await refused(`/devices/pump-7?at=${first.seq - 1}`), [404, sentence]);
    assert.deepEqual(await refused("/devices/pump-7?at=1970-01-01T00:00:00Z"), [404, sentence]);
    const none = "There is no device pump-9. Register it first with POST /devices.";
    assert.deepEqual(await refused("/devices/pump-9?at=5"), [404, none]);
    for (const point of ["0", "", "now", "2026-11-25", "-1"]) {
      const [status, message] = await refused(`/devices/pump-7?at=${point}`);
      assert.equal(status, 422, point);
      assert.match(message, /^must be the number of a row such as .*, or a time such as .*Z or/);
    }
    const plus = await refused("/devices/pump-7?at=2026-11-25T10:00:00+02:00");
    assert.match(plus[1], /in a URL \+ is written %2B$/);
    assert.equal((await refused("/devices/pump-7?on=5"))[0], 422);
  });
});

Deno.test("GET /devices/{id}?at= lets others in while it folds a long history", async () => {
  await onStage(async (stage) => {
    const { json } = stage;
    await json("POST", "/devices", { device_id: "pump-7" });
    for (let n = 0; n < 250; n++) await json("POST", "/devices/pump-7/token", {});
    let turns = 0;
    const timer = setInterval(() => turns++, 0);
    const { body } = await json("GET", "/devices/pump-7?at=9007199254740991");
    clearInterval(timer);
    assert.ok(body.as_of.seq > 250);
    assert.ok(turns >= 2, `${turns} turns`);
  });
});

Deno.test("GET /devices/{id}?at= names a row that is damaged", async () => {
  await onStage(async (stage) => {
    const { rows } = await upgraded(stage);
    const { seq } = rows[2];
    const editor = new DatabaseSync(`${stage.folder}/otalog.db`);
    editor.prepare("update events set data = '{}' where seq = ?").run(seq);
    editor.close();
    const { status, body } = await stage.json("GET", "/devices/pump-7?at=9007199254740991");
    assert.equal(status, 500);
    assert.equal(
      body.detail,
      `Row ${seq} of device pump-7 is damaged. Look at the log with deno task replay, and restore a backup.`,
    );
    assert.equal((await stage.json("GET", `/devices/pump-7?at=${seq - 1}`)).status, 200);
  });
});
