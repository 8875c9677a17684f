/** Who is to be called: what the store finds by its indexes is what looking at everything would find. */
import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { activeStates, requestUpgrade } from "../../../core/mod.ts";
import type { Engine } from "../../../core/engine/mod.ts";
import { openSqlite } from "../../../adapters/sqlite/mod.ts";
import { MemoryStore } from "../../core/support/memory_store.ts";
import { ANY_SHA512 } from "../../support/any_sha512.ts";
import { inFolder } from "../../support/folder.ts";
import { engineOn, fill, IMAGE } from "./folder.ts";

/** Where the statement stands that the engine runs. */
const STATEMENTS = new URL("../../../adapters/sqlite/statements.ts", import.meta.url);
const actor = "operator:test";

/** Beside those of `fill`: one that has nothing to be told, one that was offered, one revoked. */
async function story(engine: Engine): Promise<void> {
  await fill(engine);
  const image = { firmware_version: "2.0.0", checksum: IMAGE };
  for (const device of ["quiet", "asks", "Zoo", "gone"]) {
    const tokens = { tokenSha256: "aa".repeat(32), tokenSha512: ANY_SHA512 };
    const registered = { type: "registerDevice", device, ...tokens } as const;
    await engine.submit({ kind: "command", actor, command: registered });
    if (device === "quiet") continue;
    const request = requestUpgrade.parse({ device_id: device, ...image });
    await engine.submit({ kind: "command", actor, command: { type: "requestUpgrade", request } });
  }
  const asks = { kind: "request", body: {} } as const;
  const report = { kind: "report", via: "mqtt", report: "request", parsed: asks } as const;
  await engine.submit({ ...report, device: "asks" });
  const revoke = { type: "revokeDevice", device: "gone" } as const;
  await engine.submit({ kind: "command", actor, command: revoke });
}

Deno.test("store.devicesToCall() finds whom a memory store finds, page by page", async () => {
  await inFolder(async (folder) => {
    const memory = new MemoryStore();
    await story(await engineOn(memory));
    const { store, close } = await openSqlite(folder);
    await story(await engineOn(store));
    const all = await memory.devicesToCall("", 100);
    // By id, byte for byte: owed, waiting, or both. Whoever was revoked or has nothing is not there.
    assert.deepEqual(all, ["Zoo", "asks", "pump-1", "pump-2"]);
    for (const after of ["", "Zoo", "a", "pump-1", "pump-2", "z"]) {
      for (const count of [1, 2, 3, 100]) {
        const page = all.filter((id) => id > after).slice(0, count);
        assert.deepEqual(await memory.devicesToCall(after, count), page);
        assert.deepEqual(await store.devicesToCall(after, count), page, `${count} after ${after}`);
      }
    }
    await close();
  });
});

Deno.test("store.devicesAtWork() and tasksEnded() find whom a memory store finds, page by page", async () => {
  await inFolder(async (folder) => {
    const memory = new MemoryStore();
    await story(await engineOn(memory));
    const { store, close } = await openSqlite(folder);
    await story(await engineOn(store));
    for (const log of [memory, store]) {
      assert.deepEqual(await log.devicesAtWork("", 10), ["asks"]);
      assert.deepEqual(await log.devicesAtWork("asks", 10), []);
      const all = await log.tasksEnded({ endedAt: 0, task: "" }, 10);
      assert.deepEqual(all.map(({ device }) => device), ["pump-1", "gone"]);
      assert.deepEqual(await log.tasksEnded({ endedAt: 0, task: "" }, 1), all.slice(0, 1));
      assert.deepEqual(await log.tasksEnded(all[0]!, 10), all.slice(1));
      assert.deepEqual(await log.tasksEnded(all[1]!, 10), []);
    }
    await close();
  });
});

const plans = {
  devicesToCall: [
    "SEARCH devices USING INDEX devices_owed (device_id>?)",
    "SEARCH tasks USING INDEX tasks_waiting (device_id>?)",
  ],
  devicesAtWork: ["SEARCH tasks USING INDEX tasks_active (device_id>?)"],
  versionsByMd5: [
    "SEARCH releases USING COVERING INDEX releases_by_image (sha256=?)",
    "SEARCH images USING COVERING INDEX images_by_md5 (md5=?)",
  ],
  versionsBySha256: [
    "SEARCH releases USING COVERING INDEX releases_by_image (sha256=?)",
    "SCAN CONSTANT ROW",
    "SEARCH images USING COVERING INDEX images_by_header (<expr>=?)",
  ],
  tasksEnded: ["SEARCH tasks USING INDEX tasks_ended (ended_at>?)"],
};

for (const [name, wanted] of Object.entries(plans)) {
  Deno.test(`store.${name}() goes along indexes, and sorts nothing`, async () => {
    await inFolder(async (folder) => {
      const { store, close } = await openSqlite(folder);
      await engineOn(store);
      await close();
      const source = await Deno.readTextFile(STATEMENTS);
      const active = activeStates.map((state) => `'${state}'`).join(", ");
      const sql = new RegExp(`${name}: sql\\(\\s*\`(.*?)\`,\n`, "s").exec(source)![1]!
        .replace(/\$\{.*?\.join\(", "\)\}/s, active);
      const database = new DatabaseSync(`${folder}/otalog.db`);
      const plan = database.prepare(`explain query plan ${sql}`).all();
      database.close();
      const steps = plan.map(({ detail }) => String(detail));
      assert.deepEqual(steps.filter((step) => /SEARCH|SCAN/.test(step)), wanted);
      assert.ok(!steps.some((step) => /TEMP B-TREE/.test(step)), steps.join("\n"));
    });
  });
}
