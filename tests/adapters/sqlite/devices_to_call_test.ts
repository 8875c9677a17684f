/** Who is to be called: what the store finds by its indexes is what looking at everything would find. */
import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { requestUpgrade } from "../../../core/mod.ts";
import type { Engine } from "../../../core/engine/mod.ts";
import { openSqlite } from "../../../adapters/sqlite/mod.ts";
import { MemoryStore } from "../../core/support/memory_store.ts";
import { ANY_SHA512 } from "../../support/any_sha512.ts";
import { inFolder } from "../../support/folder.ts";
import { engineOn, fill, IMAGE } from "./folder.ts";

/** Where the statement stands that the engine runs. */
const STORE = new URL("../../../adapters/sqlite/store.ts", import.meta.url);
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

Deno.test("store.devicesAtWork() finds whom a memory store finds", async () => {
  await inFolder(async (folder) => {
    const memory = new MemoryStore();
    await story(await engineOn(memory));
    const { store, close } = await openSqlite(folder);
    await story(await engineOn(store));
    for (const [since, wanted] of [[0, "asks gone pump-1"], [Date.now() + 1, "asks"]] as const) {
      assert.equal((await memory.devicesAtWork(since)).join(" "), wanted);
      assert.equal((await store.devicesAtWork(since)).join(" "), wanted);
    }
    await close();
  });
});

Deno.test("store.devicesToCall() goes along two indexes, and sorts nothing", async () => {
  await inFolder(async (folder) => {
    const { store, close } = await openSqlite(folder);
    await engineOn(store);
    await close();
    const source = await Deno.readTextFile(STORE);
    const sql = /devicesToCall: sql\(\s*`([^`]+)`/.exec(source)![1]!;
    const database = new DatabaseSync(`${folder}/otalog.db`);
    const plan = database.prepare(`explain query plan ${sql}`).all({ after: "a", count: 10 });
    database.close();
    const steps = plan.map(({ detail }) => String(detail));
    const looks = steps.filter((step) => /SEARCH|SCAN/.test(step));
    assert.deepEqual(looks, [
      "SEARCH devices USING INDEX devices_owed (device_id>?)",
      "SEARCH tasks USING INDEX tasks_waiting (device_id>?)",
    ]);
    assert.ok(!steps.some((step) => /TEMP B-TREE/.test(step)), steps.join("\n"));
  });
});
