/** A database is copied as it is at one moment, whatever its engine does meanwhile. */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { DatabaseSync } from "node:sqlite";
import type { Engine } from "../../../core/engine/mod.ts";
import { isDivergence, Replay, requestUpgrade } from "../../../core/mod.ts";
import {
  contentsOf,
  copyDatabase,
  hasOwnTables,
  openReplica,
  openSqlite,
  rowsOf,
  updateTables,
} from "../../../adapters/sqlite/mod.ts";
import { ANY_SHA512 } from "../../support/any_sha512.ts";
import { inFolder } from "../../support/folder.ts";
import { BEFORE_PERSONAL_TEXTS, engineOn, fill, IMAGE, sha256 } from "./folder.ts";

const mode = (path: string): number => Deno.statSync(path).mode! & 0o777;
const namesIn = (folder: string) => [...Deno.readDirSync(folder)].map(({ name }) => name).sort();
const whatToDo = { from: "Mend it.", to: "Make room." };

interface Folders {
  readonly from: string;
  readonly to: string;
  copy(progress?: (share: number) => void): Promise<number>;
}

async function inFolders(story: (folders: Folders) => Promise<void>): Promise<void> {
  await inFolder(async (folder) => {
    const [from, to] = [`${folder}/from`, `${folder}/to`];
    await Deno.mkdir(from);
    await Deno.mkdir(to);
    const copy = (progress = (_: number) => {}) => copyDatabase({ from, to, whatToDo, progress });
    await story({ from, to, copy });
  });
}

/** Rows of the log that are decided again, read models and all. */
async function rowsProved(folder: string): Promise<number> {
  const replica = await openReplica(folder);
  try {
    const replay = new Replay(sha256);
    for (const cells of replica.rows()) {
      const taken = replay.take(cells);
      assert.ok(!isDivergence(taken), JSON.stringify(taken));
      replica.expect(taken);
    }
    assert.equal(replica.firstDifference(), undefined);
    return replay.summary.rows;
  } finally {
    replica.close();
  }
}

/** Makes so many devices known, all at once. */
async function register(engine: Engine, prefix: string, count: number): Promise<void> {
  await Promise.all(Array.from({ length: count }, (_, n) => {
    const device = `${prefix}-${n}`;
    const tokenSha256 = sha256(new TextEncoder().encode(device));
    const command = {
      type: "registerDevice",
      device,
      tokenSha256,
      tokenSha512: ANY_SHA512,
    } as const;
    return engine.submit({ kind: "command", actor: "operator:test", command });
  }));
}

/** Closes the database and gives another the chance to be the last one that had it open. */
function edit(folder: string, sql: string): void {
  const database = new DatabaseSync(`${folder}/otalog.db`);
  database.exec(sql);
  database.close();
}

Deno.test("copyDatabase() copies one moment, whatever is committed meanwhile, into one file", async () => {
  await inFolders(async ({ from, to, copy }) => {
    const { store, reads, close } = await openSqlite(from);
    const engine = await engineOn(store);
    await fill(engine);
    await register(engine, "more", 1_000);
    const before = await reads.lastSeq();
    const shares: number[] = [];
    const bytes = await copy((share) => {
      assert.ok(shares.length < 1_000, "it begins anew for ever");
      edit(from, `insert into tokens values ('${shares.length}', 'pump-1', null)`);
      shares.push(share);
    });
    assert.ok(shares.length > 1, `${shares.length} steps`);
    assert.deepEqual(shares, shares.toSorted((a, b) => a - b), "it began anew");
    edit(from, "delete from tokens where length(sha256) < 64");
    await register(engine, "after", 10);

    assert.deepEqual(namesIn(to), ["otalog.db"]);
    assert.equal(mode(`${to}/otalog.db`), 0o600);
    assert.equal(Deno.statSync(`${to}/otalog.db`).size, bytes);
    assert.equal(await rowsProved(to), before);
    assert.deepEqual(namesIn(to), ["otalog.db"]);
    const { images, rows, devices, log } = contentsOf(to);
    assert.deepEqual(images, [{ sha256: IMAGE.slice(7), size: 10_000 }]);
    assert.deepEqual([rows, devices, log], [before, 1_002, "0123456789abcdef"]);
    assert.equal(await hasOwnTables(to), true);
    await engine.stop();
    await close();
    assert.ok(await rowsProved(from) > before);
  });
});

/** A folder with a log, whose engine has ended. */
async function withLog(story: (folders: Folders) => Promise<void>): Promise<void> {
  await inFolders(async (folders) => {
    const { store, close } = await openSqlite(folders.from);
    const engine = await engineOn(store);
    await fill(engine);
    await engine.stop();
    await close();
    await story(folders);
  });
}

Deno.test("copyDatabase() copies where no engine runs, and from a copy that may only be read", async () => {
  await withLog(async ({ from, to, copy }) => {
    await copy();
    const rows = await rowsProved(to);
    await Deno.mkdir(`${to}/again`);
    await Deno.chmod(`${to}/otalog.db`, 0o400);
    await copyDatabase({ from: to, to: `${to}/again`, whatToDo, progress: () => {} });
    assert.equal(await rowsProved(`${to}/again`), rows);
    assert.equal(await rowsProved(from), rows);
  });
});

/** The restores on record. */
function restoresIn(folder: string): number[] {
  return [...rowsOf(folder)]
    .filter(({ bytes }) => String(bytes).includes('"type":"LogRestored"'))
    .map(({ data }) => JSON.parse(String(data)).rows);
}

Deno.test("a copy is known as one until its log says so, in one transaction with that", async () => {
  await withLog(async ({ from, to, copy }) => {
    await copy();
    const { rows } = contentsOf(to);
    assert.equal(await rowsProved(to), rows);
    // The rows of the first start fail when the first one of them was written.
    const started = `new.bytes like '%"type":"EngineStarted"%'`;
    edit(
      to,
      `create trigger t before insert on events when ${started} begin select raise(abort, ''); end`,
    );
    for (let start = 0; start < 2; start++) {
      const { store, close } = await openSqlite(to);
      assert.equal((await store.open()).isRestored, true);
      await assert.rejects(engineOn(store), { code: "conflict" });
      await close();
    }
    edit(to, "drop trigger t");
    // Whatever is opened and never started is a copy still, and so is a copy of it.
    await Deno.mkdir(`${to}/again`);
    await copyDatabase({ from: to, to: `${to}/again`, whatToDo, progress: () => {} });
    for (const folder of [to, to, `${to}/again`]) {
      const { store, close } = await openSqlite(folder);
      await (await engineOn(store)).stop();
      assert.equal((await store.open()).isRestored, false);
      await close();
      assert.deepEqual(restoresIn(folder), [rows]);
      await rowsProved(folder);
    }
    assert.deepEqual(restoresIn(from), []);
  });
});

Deno.test("a copy gives out no name again of a task that was queued behind it", async () => {
  await withLog(async ({ from, to, copy }) => {
    await copy();
    /** The last number, and how many restores are on record behind it, after another start. */
    const head = async (folder: string, isStarted = true) => {
      const { store, close } = await openSqlite(folder);
      if (isStarted) await (await engineOn(store)).stop();
      const { lastTask, restores } = await store.open();
      await close();
      return [lastTask?.number, restores];
    };
    assert.deepEqual(await head(from), [1_000_002, 0]);
    assert.deepEqual(await head(to, false), [1_000_002, 0]);
    for (let start = 0; start < 3; start++) {
      assert.deepEqual(await head(to), [1_000_002, 1]);
    }
    const again = `${to}/again`;
    await Deno.mkdir(again);
    await copyDatabase({ from: to, to: again, whatToDo, progress: () => {} });
    assert.deepEqual(await head(again), [1_000_002, 2]);

    const { store, close } = await openSqlite(again);
    const engine = await engineOn(store);
    await register(engine, "new", 1);
    const wish = { device_id: "new-0", firmware_version: "2.0.0", checksum: IMAGE };
    const command = { type: "requestUpgrade", request: requestUpgrade.parse(wish) } as const;
    assert.ok((await engine.submit({ kind: "command", actor: "operator:test", command })).ok);
    await engine.stop();
    await close();
    assert.deepEqual(await head(again), [3_000_003, 0]);
    await rowsProved(again);
  });
});

Deno.test("a copy of a log without rows is a new log", async () => {
  await inFolders(async ({ from, to, copy }) => {
    await (await openSqlite(from)).close();
    await copy();
    const { store, close } = await openSqlite(to);
    await engineOn(store);
    await close();
    assert.deepEqual(restoresIn(to), []);
    assert.equal(await rowsProved(to), 2);
  });
});

const damages: [what: string, damage: (path: string) => Promise<void>, why: string][] = [
  ["missing", (path) => Deno.remove(path), "there is no otalog.db in it"],
  [
    "no database",
    (path) => Deno.writeFile(path, new Uint8Array(20_000).fill(7)),
    "it is not a database, or was damaged",
  ],
  [
    "cut off",
    async (path) => await Deno.truncate(path, Math.floor(Deno.statSync(path).size / 2)),
    "it is not a database, or was damaged",
  ],
  [
    "torn",
    async (path) => {
      const bytes = await Deno.readFile(path);
      // The pages of the tables and their indexes, but not the first one with the schema.
      for (let page = 4_096; page < bytes.length; page += 4_096) bytes.fill(0xa5, page, page + 64);
      await Deno.writeFile(path, bytes);
    },
    "it is not a database, or was damaged",
  ],
];

for (const [what, damage, why] of damages) {
  Deno.test(`copyDatabase() refuses a database that is ${what}`, async () => {
    await withLog(async ({ from, copy }) => {
      const path = `${from}/otalog.db`;
      await damage(path);
      const named = what === "missing" ? from : path;
      await assert.rejects(copy(), new Error(`Cannot use ${named}: ${why}. Mend it.`));
    });
  });
}

Deno.test("copyDatabase() finds an index that lacks an entry", async () => {
  await withLog(async ({ from, copy }) => {
    const path = `${from}/otalog.db`;
    const bytes = Buffer.from(await Deno.readFile(path));
    const at = bytes.indexOf("queuedOTA_");
    assert.ok(at > 0, "tasks_by_state holds the states before the ids");
    bytes.write("failed", at);
    await Deno.writeFile(path, bytes);
    await assert.rejects(copy(), /otalog\.db: it is not a database, or was damaged\. Mend it\.$/);
  });
});

Deno.test("copyDatabase() says where it cannot write", async () => {
  await withLog(async ({ from, to }) => {
    const copying = { from, to: `${to}/none`, whatToDo, progress: () => {} };
    await assert.rejects(
      copyDatabase(copying),
      new Error(`Cannot use ${to}/none/otalog.db: it does not exist. Make room.`),
    );
  });
});

Deno.test("updateTables() brings the tables of an older otalog up to date, none of a newer one", async () => {
  await withLog(async ({ from, to, copy }) => {
    await copy();
    const older = "drop table tree; delete from kysely_migration where name >= '2026-11-26'";
    edit(to, `${BEFORE_PERSONAL_TEXTS} ${older}`);
    assert.equal(await hasOwnTables(to), false);
    await updateTables(to);
    assert.equal(await hasOwnTables(to), true);
    assert.equal(await rowsProved(to), await rowsProved(from));
    edit(to, "insert into kysely_migration values ('2999-01-01-future', '')");
    const newer = new Error("a newer otalog wrote it (2999-01-01-future)");
    await assert.rejects(hasOwnTables(to), newer);
    await assert.rejects(updateTables(to), newer);
  });
});

Deno.test("contentsOf() says what is there, whatever stands in the cells", async () => {
  await withLog(async ({ from, to, copy }) => {
    await copy();
    const { at, head } = contentsOf(to);
    assert.ok(Date.now() - at! < 60_000);
    assert.match(head, /^sha256:/);
    edit(to, "update events set bytes = 'x'; update images set sha256 = '../x'");
    const { at: none, log, images } = contentsOf(to);
    assert.deepEqual([none, log, images], [undefined, "", []]);
    edit(to, "delete from events");
    assert.deepEqual([contentsOf(to).rows, contentsOf(to).head], [0, ""]);
    assert.ok(contentsOf(from).rows > 0);
  });
});
