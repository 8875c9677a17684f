import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { isDivergence, Replay } from "../../../core/mod.ts";
import { StoreError } from "../../../core/engine/mod.ts";
import { openReplica, openSqlite } from "../../../adapters/sqlite/mod.ts";
import { openDurable } from "../../../adapters/sqlite/connection.ts";
import { engineOn, fill, IMAGE, sha256 } from "./folder.ts";
import { inFolder } from "../../support/folder.ts";
import { ANY_SHA512 } from "../../support/any_sha512.ts";

Deno.test("openSqlite() keeps what an engine wrote, and the reads give it back", async () => {
  await inFolder(async (folder) => {
    const first = await openSqlite(folder);
    const engine = await engineOn(first.store);
    await fill(engine);
    await engine.stop();
    await first.close();

    const { store, reads, close } = await openSqlite(folder);
    const head = await store.open();
    assert.equal(head.log, "0123456789abcdef");
    assert.equal(head.epoch, 2);
    assert.equal(head.lastTask?.number, 1_000_002);
    const device = await reads.device("pump-1");
    assert.equal(device?.version, "2.0.0");
    assert.deepEqual((await reads.tags(["pump-1", "pump-9"])).get("pump-1"), ["roof"]);
    assert.deepEqual((await store.device("pump-1"))?.device, device);
    const [one, two] = (await reads.tasks({ limit: 10 })).items;
    assert.deepEqual([one?.state, one?.attempt, two?.state], ["succeeded", 2, "queued"]);
    assert.equal((await reads.tasks({ limit: 10, state: "queued" })).items.length, 1);
    const due = two!.queuedAt + two!.policy.expires_in_ms;
    const limitMs = two!.policy.expires_in_ms;
    assert.deepEqual(await store.nextDue(due - 1, 0), { due, limitMs: null });
    assert.deepEqual(await store.nextDue(due, limitMs - 1), { due: null, limitMs });
    assert.deepEqual(await store.nextDue(due, limitMs), { due: null, limitMs: null });
    assert.equal((await store.dueTasks(due - 1, limitMs, 10)).length, 0);
    assert.equal((await store.dueTasks(due, limitMs - 1, 10)).length, 0);
    assert.equal((await store.dueTasks(due, limitMs, 10)).length, 1);
    assert.equal((await reads.firmware("pump", "2.0.0"))?.sha256, IMAGE.slice(7));
    assert.equal(await reads.firmware("pump", "9"), undefined);
    const rows = await reads.rows(undefined, 0, 1_000);
    assert.deepEqual(rows.map((row) => row.seq), rows.map((_, index) => index + 1));
    assert.equal(rows.length, head.seq);
    await close();
  });
});

Deno.test("store.versionsKnownBy() finds the versions of a digest, under the product or none", async () => {
  await inFolder(async (folder) => {
    const { store, close } = await openSqlite(folder);
    const engine = await engineOn(store);
    const actor = "operator:test";
    const names: [version: string, byte: string, product?: string][] = [
      ["1.0.0", "a1", "pump"],
      ["1.0.0", "a2", "door"],
      ["2.0.0", "a3"],
      ["2.1.0", "a3", "pump"],
      ["2.2.0", "a3", "pump"],
    ];
    for (const [version, byte, product = null] of names) {
      const sha256 = byte.repeat(32);
      const header = { format: "esp", digest: byte.replace("a", "d").repeat(32) } as const;
      const image = { sha256, size: 10, sha1: byte.repeat(20), md5: byte.repeat(16), header };
      const command = { type: "addFirmware", product, version, image, name: "a.bin" } as const;
      const answer = await engine.submit({ kind: "command", actor, command });
      assert.ok(answer.ok);
    }
    const known = (product: string | null, digest: string) =>
      store.versionsKnownBy(product, digest);
    assert.deepEqual(await known("pump", `md5:${"a1".repeat(16)}`), ["1.0.0"]);
    assert.deepEqual(await known("pump", `sha256:${"a1".repeat(32)}`), ["1.0.0"]);
    assert.deepEqual(await known("pump", `sha256:${"d1".repeat(32)}`), ["1.0.0"]);
    assert.deepEqual(await known("pump", `md5:${"a2".repeat(16)}`), []);
    assert.deepEqual(await known(null, `md5:${"a3".repeat(16)}`), ["2.0.0"]);
    assert.deepEqual((await known("pump", `md5:${"a3".repeat(16)}`)).length, 2);
    assert.deepEqual(await known("pump", `md5:${"a1".repeat(32)}`), []);
    await engine.stop();
    await close();
  });
});

Deno.test("reads.taskCounts() and owedMessages() say what counting would say, and nothing of zero", async () => {
  await inFolder(async (folder) => {
    const { store, reads, close } = await openSqlite(folder);
    assert.deepEqual([await reads.taskCounts(), await reads.owedMessages()], [{}, 0]);
    const engine = await engineOn(store);
    await fill(engine);
    assert.deepEqual(await reads.taskCounts(), { queued: 1, succeeded: 1 });
    assert.equal(await reads.owedMessages(), 1);
    const { id: task, attempt } = (await reads.device("pump-1"))!.ended[0]!;
    const message = { device: "pump-1", task, message: "success", attempt };
    await engine.submit({ ...message, kind: "delivered" });
    const command = { type: "revokeDevice", device: "pump-2" } as const;
    await engine.submit({ kind: "command", actor: "operator:test", command });
    assert.deepEqual(await reads.taskCounts(), { cancelled: 1, succeeded: 1 });
    assert.equal(await reads.owedMessages(), 0);
    await engine.stop();
    await close();
  });
});

Deno.test("reads.deviceByToken() and mayFetch() give no more than they should", async () => {
  await inFolder(async (folder) => {
    const { store, reads, close } = await openSqlite(folder);
    const engine = await engineOn(store);
    await fill(engine);
    const hash = (text: string) => sha256(new TextEncoder().encode(text));
    const actor = "operator:test";
    const now = engine.now();
    assert.equal(await reads.deviceByToken(hash("pump-1"), now), "pump-1");
    assert.equal(await reads.deviceByToken(hash("nobody"), now), undefined);
    const issue = { type: "issueToken", device: "pump-1", overlapMs: 60_000 } as const;
    const command = { ...issue, tokenSha256: hash("new"), tokenSha512: ANY_SHA512 };
    await engine.submit({ kind: "command", actor, command });
    assert.equal(await reads.deviceByToken(hash("new"), now), "pump-1");
    assert.equal(await reads.deviceByToken(hash("pump-1"), now), "pump-1");
    assert.equal(await reads.deviceByToken(hash("pump-1"), now + 120_000), undefined);
    const revoke = { type: "revokeDevice", device: "pump-1" } as const;
    await engine.submit({ kind: "command", actor, command: revoke });
    assert.equal(await reads.deviceByToken(hash("new"), now), undefined);
    const ended = (await reads.tasks({ limit: 1 })).items[0]!.updatedAt;
    assert.equal(await reads.mayFetch("pump-1", IMAGE.slice(7), ended), true);
    assert.equal(await reads.mayFetch("pump-1", IMAGE.slice(7), ended + 1), false);
    assert.equal(await reads.mayFetch("pump-2", IMAGE.slice(7), ended + 1), true);
    assert.equal(await reads.mayFetch("pump-2", "00".repeat(32), 0), false);
    await engine.stop();
    await close();
  });
});

Deno.test("openSqlite() refuses a folder in use, in this process and in another", async () => {
  await inFolder(async (folder) => {
    const { close } = await openSqlite(folder);
    await assert.rejects(openSqlite(folder), /another engine is using it/);
    const code = `import { openSqlite } from "${new URL(
      "../../../adapters/sqlite/mod.ts",
      import.meta.url,
    )}";
      await openSqlite(${JSON.stringify(folder)});`;
    const other = await new Deno.Command(Deno.execPath(), {
      args: ["eval", code],
      cwd: new URL("../../..", import.meta.url),
    }).output();
    assert.equal(other.success, false);
    assert.match(new TextDecoder().decode(other.stderr), /another engine is using it/);
    await close();
    await (await openSqlite(folder)).close();
  });
});

Deno.test("openDurable() runs WAL with synchronous FULL, and nothing less", async () => {
  await inFolder(async (folder) => {
    const database = openDurable(`${folder}/a.db`);
    assert.equal(database.prepare("pragma synchronous").get()?.synchronous, 2);
    assert.equal(database.prepare("pragma journal_mode").get()?.journal_mode, "wal");
    database.close();
    // A database in memory has no WAL.
    assert.throws(() => openDurable(":memory:"), /Cannot keep the log safe/);
    await Promise.resolve();
  });
});

Deno.test("openSqlite() makes all tables or none", async () => {
  await inFolder(async (folder) => {
    const stands = (sql: string) => {
      const database = new DatabaseSync(`${folder}/otalog.db`);
      database.exec(sql);
      database.close();
    };
    stands("create table tokens (in_the_way)");
    await assert.rejects(openSqlite(folder), /table tokens already exists/);
    stands("drop table tokens");
    await (await openSqlite(folder)).close();
  });
});

Deno.test("store.append() is all or nothing over streams, read models included", async () => {
  await inFolder(async (folder) => {
    const { store, reads, close } = await openSqlite(folder);
    await fill(await engineOn(store));
    const { seq } = await store.open();
    const device = (await reads.device("pump-1"))!;
    const row = (await reads.rows(undefined, seq - 1, 1))[0]!;
    const head = await store.head("device/pump-1");
    const good = { ...row, seq: seq + 1, version: head.version + 1 };
    const write = { stream: "device/pump-1", expectedVersion: head.version };
    const models = { device: { ...device, version: "9.9.9" } };
    const code = async (rows: typeof row[], expectedVersion = head.version) => {
      const other = { stream: "engine", expectedVersion: 99, rows: [], models: {} };
      const writes = [{ ...write, expectedVersion, rows, models }];
      const error = await store.append(rows.length > 1 ? [...writes, other] : writes)
        .then(() => null, (error) => error);
      assert.ok(error instanceof StoreError);
      return error.code;
    };
    assert.equal(await code([good], head.version - 1), "conflict");
    assert.equal(await code([{ ...good, seq: seq + 2 }]), "conflict");
    assert.equal(await code([{ ...good, version: head.version }]), "conflict");
    assert.equal(
      await code([good, { ...good, seq: seq + 2, version: good.version + 1 }]),
      "conflict",
    );
    assert.equal((await store.open()).seq, seq);
    assert.deepEqual(await reads.device("pump-1"), device);
    await store.append([{ ...write, rows: [good], models }]);
    assert.equal((await reads.device("pump-1"))?.version, "9.9.9");
    await close();
  });
});

Deno.test("store.append() says when the disk is full, changes nothing and goes on later", async () => {
  await inFolder(async (folder) => {
    const { store, close } = await openSqlite(folder);
    const engine = await engineOn(store);
    await fill(engine);
    // The smallest possible file: the next page does not fit.
    const limits = store as unknown as { limitPages(pages: number | null): void };
    limits.limitPages(1);
    const long = Array.from({ length: 32 }, (_, i) => String(i).padEnd(64, "x"));
    const add = (device: string) =>
      engine.submit({
        kind: "command",
        actor: "operator:test",
        command: {
          type: "registerDevice",
          device,
          tags: long,
          tokenSha256: sha256(Uint8Array.of(1)),
          tokenSha512: ANY_SHA512,
        },
      });
    let refused = 0;
    for (let i = 0; i < 20; i++) if (!(await add(`full-${i}`)).ok) refused++;
    assert.ok(refused > 0);
    limits.limitPages(null);
    assert.equal((await add("full-later")).ok, true);
    await engine.stop();
    await close();
    await assertReplays(folder);
  });
});

Deno.test("store.open() does not continue a log whose end is damaged", async () => {
  await inFolder(async (folder) => {
    const { store, close } = await openSqlite(folder);
    await (await engineOn(store)).stop();
    await close();
    const database = new DatabaseSync(`${folder}/otalog.db`);
    database.exec(
      "update events set bytes = replace(bytes, 'engine', 'Engine') where seq = (select max(seq) from events)",
    );
    database.close();
    const again = await openSqlite(folder);
    await assert.rejects(again.store.open(), /The end of the log is damaged at row 3/);
    await again.close();
  });
});

/** Every row decides the same again, every cell is what the rows lead to. */
async function assertReplays(folder: string): Promise<void> {
  const replica = await openReplica(folder);
  const replay = new Replay(sha256);
  for (const cells of replica.rows()) {
    const taken = replay.take(cells);
    assert.ok(!isDivergence(taken), JSON.stringify(taken));
    replica.expect(taken);
  }
  assert.equal(replica.firstDifference(), undefined);
  replica.close();
}
