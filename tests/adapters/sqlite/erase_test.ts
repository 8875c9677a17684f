/** Erased data is gone from every file of the data folder, and the log is proved as before. */
import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { mock } from "node:test";
import { isDivergence, parseReport, Replay, requestUpgrade } from "../../../core/mod.ts";
import { eraseDevice, StoreError } from "../../../core/engine/mod.ts";
import type { SealedRow } from "../../../core/mod.ts";
import type { Engine } from "../../../core/engine/mod.ts";
import { openReplica, openSqlite } from "../../../adapters/sqlite/mod.ts";
import { TRY_AGAIN_MS } from "../../../adapters/sqlite/scrubber.ts";
import { inFolder } from "../../support/folder.ts";
import { ANY_SHA512 } from "../../support/any_sha512.ts";
import { BEFORE_PERSONAL_TEXTS, engineOn, fill, IMAGE, sha256 } from "./folder.ts";

const actor = "operator:test";

/** Those of the texts that stand in any file of the folder. */
function foundIn(folder: string, texts: readonly string[]): string[] {
  const files = [...Deno.readDirSync(folder)]
    .map(({ name }) => Buffer.from(Deno.readFileSync(`${folder}/${name}`)));
  return texts.filter((text) => files.some((file) => file.includes(text)));
}

async function register(engine: Engine, device: string, ...tags: string[]): Promise<void> {
  const tokens = { tokenSha256: sha256(Buffer.from(device)), tokenSha512: ANY_SHA512 };
  const command = { type: "registerDevice", device, tags, ...tokens } as const;
  assert.ok((await engine.submit({ kind: "command", actor, command })).ok);
}

async function order(engine: Engine, device_id: string): Promise<void> {
  const request = requestUpgrade.parse({ device_id, firmware_version: "2.0.0", checksum: IMAGE });
  const command = { type: "requestUpgrade", request } as const;
  assert.ok((await engine.submit({ kind: "command", actor, command })).ok);
}

/** Timers stand still until they are told. */
async function timersStandStill(story: () => Promise<void>): Promise<void> {
  mock.timers.enable({ apis: ["setTimeout"] });
  await story().finally(() => mock.timers.reset());
}

/** It says that of its task; whether it is taken does not matter. */
async function says(engine: Engine, device: string, body: object): Promise<void> {
  const report = "status" in body ? "status" : "request";
  const parsed = parseReport(report, Buffer.from(JSON.stringify(body)));
  assert.ok((await engine.submit({ kind: "report", device, report, parsed, via: "mqtt" })).ok);
}

/** A device with personal data in three rows, by the tag of which there is more than a page. */
async function personal(engine: Engine): Promise<string[]> {
  const tags = Array.from({ length: 32 }, (_, n) => `${n} at the lake`.padEnd(64, "é"));
  await register(engine, "lake-1", ...tags);
  await order(engine, "lake-1");
  await says(engine, "lake-1", {});
  await says(engine, "lake-1", { status: "failed", reason: "owner was called" });
  await says(engine, "lake-1", { status: "failed", reason: "no permission".padEnd(256, "!") });
  return ["0 at the lake", "31 at the lake", "owner was called", "no permission"];
}

function assertReplays(folder: string): Promise<void> {
  return openReplica(folder).then((replica) => {
    const replay = new Replay(sha256);
    for (const cells of replica.rows()) {
      const taken = replay.take(cells);
      assert.ok(!isDivergence(taken), JSON.stringify(taken));
      replica.expect(taken);
    }
    assert.equal(replay.end(), undefined);
    assert.equal(replica.firstDifference(), undefined);
    replica.close();
  });
}

Deno.test("store.append() takes erased data out of every file, while the engine runs and for ever", async () => {
  await inFolder(async (folder) => {
    const sqlite = await openSqlite(folder);
    const engine = await engineOn(sqlite.store);
    await fill(engine);
    const texts = await personal(engine);
    assert.deepEqual(foundIn(folder, texts), texts);
    assert.deepEqual((await sqlite.reads.tags(["lake-1"])).get("lake-1")?.length, 32);

    assert.deepEqual(await eraseDevice(engine, actor, "lake-1"), { ok: true, rows: 3 });
    assert.equal(sqlite.isScrubbed, true);
    assert.deepEqual(foundIn(folder, texts), []);
    assert.deepEqual((await sqlite.reads.tags(["lake-1"])).get("lake-1"), []);
    assert.deepEqual(foundIn(folder, ["roof"]), ["roof"], "of others nothing was erased");
    const rows = await sqlite.reads.rows("device/lake-1", 0, 100);
    assert.deepEqual(rows.filter(({ personal }) => personal !== null), []);
    assert.equal(rows.filter(({ data }) => data.includes('"personal":"sha256:')).length, 3);
    await assertReplays(folder);

    await engine.stop();
    await sqlite.close();
    assert.deepEqual(foundIn(folder, texts), []);
    const again = await openSqlite(folder);
    const next = await engineOn(again.store);
    assert.deepEqual(await eraseDevice(next, actor, "lake-1"), { ok: true, rows: 0 });
    await next.stop();
    await again.close();
    await assertReplays(folder);
  });
});

Deno.test("store.append() leaves no copy behind that SQLite made as it moved rows", async () => {
  await inFolder(async (folder) => {
    const { store, close } = await openSqlite(folder);
    const engine = await engineOn(store);
    await fill(engine);
    // In no order, so that pages are filled in their middle and cut in two.
    const devices = Array.from({ length: 120 }, (_, n) => `d-${(n * 7_919) % 120}`);
    const textsOf = (device: string) => [`tag of ${device}.`, `said by ${device}.`];
    for (const device of devices) {
      const [tag, said] = textsOf(device) as [string, string];
      await register(engine, device, tag);
      await order(engine, device);
      await says(engine, device, {});
      const reason = said.padEnd(20 + (device.length * 53) % 230, "!");
      await says(engine, device, { status: "failed", reason });
      for (const attempt of [2, 3]) await says(engine, device, { status: "failed", attempt });
    }
    const gone = devices.filter((_, n) => n % 3 === 0);
    for (const device of gone) {
      assert.deepEqual(await eraseDevice(engine, actor, device), { ok: true, rows: 2 });
      assert.deepEqual(foundIn(folder, textsOf(device)), []);
    }
    const left = devices.filter((device) => !gone.includes(device)).flatMap(textsOf);
    assert.deepEqual(foundIn(folder, devices.flatMap(textsOf)), left);
    await engine.stop();
    await close();
    await assertReplays(folder);
  });
});

Deno.test("store.append() waits for nobody who reads the log, and overwrites what is erased later", async () => {
  await timersStandStill(() =>
    inFolder(async (folder) => {
      const sqlite = await openSqlite(folder);
      const engine = await engineOn(sqlite.store);
      await fill(engine);
      const texts = await personal(engine);
      const reader = await openReplica(folder);
      assert.equal(reader.count, (await sqlite.reads.rows(undefined, 0, 500)).length);
      const began = performance.now();
      assert.deepEqual(await eraseDevice(engine, actor, "lake-1"), { ok: true, rows: 3 });
      assert.ok(performance.now() - began < 2_000, "it waited for the reader");
      assert.equal(sqlite.isScrubbed, false);
      assert.deepEqual(foundIn(folder, texts), texts);
      mock.timers.tick(TRY_AGAIN_MS);
      assert.equal(sqlite.isScrubbed, false);
      reader.close();
      // Nothing else happens in the engine.
      mock.timers.tick(TRY_AGAIN_MS);
      assert.equal(sqlite.isScrubbed, true);
      assert.deepEqual(foundIn(folder, texts), []);
      await engine.stop();
      await sqlite.close();
    })
  );
});

Deno.test("store.append() keeps no process alive to overwrite what is erased", async () => {
  const timers = mock.method(globalThis, "setTimeout");
  await inFolder(async (folder) => {
    const sqlite = await openSqlite(folder);
    const engine = await engineOn(sqlite.store);
    await register(engine, "lake-1", "at the lake");
    const reader = await openReplica(folder);
    assert.notEqual(reader.count, 0);
    timers.mock.resetCalls();
    await eraseDevice(engine, actor, "lake-1");
    assert.deepEqual(timers.mock.calls.map(({ result }) => result!.hasRef()), [false]);
    await engine.stop();
    await sqlite.close();
    reader.close();
  }).finally(() => timers.mock.restore());
});

Deno.test("openSqlite() overwrites what an engine that was killed had erased", async () => {
  await timersStandStill(() =>
    inFolder(async (folder) => {
      const sqlite = await openSqlite(folder);
      const engine = await engineOn(sqlite.store);
      await fill(engine);
      const texts = await personal(engine);
      const reader = await openReplica(folder);
      await eraseDevice(engine, actor, "lake-1");
      await inFolder(async (copy) => {
        // What is on the disk when it is killed; somebody looks at it until the next one has started.
        for (const name of ["otalog.db", "otalog.db-wal"]) {
          await Deno.copyFile(`${folder}/${name}`, `${copy}/${name}`);
        }
        const onlooker = await openReplica(copy);
        const next = await openSqlite(copy);
        const successor = await engineOn(next.store);
        assert.equal(next.isScrubbed, false);
        assert.deepEqual(foundIn(copy, texts), texts);
        onlooker.close();
        mock.timers.tick(TRY_AGAIN_MS);
        assert.equal(next.isScrubbed, true);
        assert.deepEqual(foundIn(copy, texts), []);
        await successor.stop();
        await next.close();
        await assertReplays(copy);
      });
      reader.close();
      await engine.stop();
      await sqlite.close();
    })
  );
});

Deno.test("store.append() leaves nothing in the page that the log began with", async () => {
  await inFolder(async (folder) => {
    const { store, close } = await openSqlite(folder);
    const engine = await engineOn(store);
    await register(engine, "first", "in the first page");
    // That page has what leads to others then.
    await fill(engine);
    await eraseDevice(engine, actor, "first");
    assert.deepEqual(foundIn(folder, ["in the first page"]), []);
    await engine.stop();
    await close();
  });
});

Deno.test("store.append() erases all or nothing, up to that row, and in no other stream", async () => {
  await inFolder(async (folder) => {
    const { store, reads, close } = await openSqlite(folder);
    const engine = await engineOn(store);
    await fill(engine);
    await personal(engine);
    await register(engine, "lake-2", "second floor");
    await engine.stop();
    const { seq } = await store.open();
    const before = await reads.rows(undefined, 0, 500);
    const withText = (rows: SealedRow[]) =>
      rows.flatMap(({ stream, version, personal }) => personal ? `${stream} ${version}` : []);
    const stream = "device/lake-1";
    const { version } = await store.head(stream);
    const row = { ...before.at(-1)!, stream, seq: seq + 1, version: version + 1, personal: null };
    const write = { stream, expectedVersion: version, models: {}, rows: [row] };
    const [first, second, third] = await store.personalRows(stream, 0, 500);
    for (const wrong of [{ rows: [{ ...row, seq: seq + 2 }] }, { expectedVersion: version - 1 }]) {
      await assert.rejects(
        store.append([{ ...write, ...wrong, erasedThrough: version }]),
        (error) => error instanceof StoreError && error.code === "conflict",
      );
      assert.deepEqual(await reads.rows(undefined, 0, 500), before);
    }
    await store.append([{ ...write, erasedThrough: second! }]);
    const after = await reads.rows(undefined, 0, 500);
    const gone = [`${stream} ${first}`, `${stream} ${second}`];
    assert.deepEqual(withText(after), withText(before).filter((place) => !gone.includes(place)));
    assert.ok(withText(after).includes(`${stream} ${third}`));
    await close();
  });
});

Deno.test("store.personalRows() gives the rows of a stream that have a personal text, page by page", async () => {
  await inFolder(async (folder) => {
    const { store, close } = await openSqlite(folder);
    const engine = await engineOn(store);
    await fill(engine);
    await personal(engine);
    const all = await store.personalRows("device/lake-1", 0, 500);
    assert.equal(all.length, 3);
    assert.equal(all[0], 1);
    assert.deepEqual(await store.personalRows("device/lake-1", 0, 2), all.slice(0, 2));
    assert.deepEqual(await store.personalRows("device/lake-1", 1, 9), all.slice(1));
    assert.deepEqual(await store.personalRows("device/lake-1", all[2]!, 9), []);
    assert.deepEqual(await store.personalRows("device/lake", 0, 9), []);
    await engine.stop();
    await close();
  });
});

Deno.test("openSqlite() takes tags out of the devices that an older otalog wrote", async () => {
  await inFolder(async (folder) => {
    const { store, close } = await openSqlite(folder);
    const engine = await engineOn(store);
    await fill(engine);
    await engine.stop();
    await close();
    const database = new DatabaseSync(`${folder}/otalog.db`);
    const state = "json_set(state, '$.tags', json_array('roof', 'é \"'))";
    database.exec(`${BEFORE_PERSONAL_TEXTS} update devices set state = ${state};
      delete from kysely_migration where name >= '2026-11-26-untagged'`);
    database.close();
    await (await openSqlite(folder)).close();
    const look = new DatabaseSync(`${folder}/otalog.db`, { readOnly: true });
    const tagged = look.prepare("select device_id from devices where state like '%roof%'").all();
    look.close();
    assert.deepEqual(tagged, []);
  });
});
