/** A data folder is copied whole, and proved, or not at all: with all the real parts, on real folders. */
import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { copyFolder } from "../../../adapters/backup/mod.ts";
import type { CopyOrder } from "../../../adapters/backup/mod.ts";
import { copyParts } from "../../../commands/copy_parts.ts";
import { assertReplays } from "../../e2e/house.ts";
import { makeData } from "../../support/data_folder.ts";
import { inFolder } from "../../support/folder.ts";
import { BEFORE_PERSONAL_TEXTS } from "../sqlite/folder.ts";

const namesIn = (folder: string) => [...Deno.readDirSync(folder)].map(({ name }) => name).sort();
const whatToDo = {
  name: "Name another.",
  from: "Mend it.",
  log: "Look at it.",
  image: "Upload it.",
  to: "Make room.",
};

/** The data folder of a house with two devices and two images, and the name of its copy. */
async function withData(story: (order: CopyOrder, folder: string) => Promise<void>) {
  await inFolder(async (folder) => {
    const from = `${folder}/data`;
    await makeData(from);
    await story({ from, to: `${folder}/copy`, isForUse: false, isAsItIs: false, whatToDo }, folder);
  });
}

function edit(folder: string, sql: string): void {
  const database = new DatabaseSync(`${folder}/otalog.db`);
  database.exec(sql);
  database.close();
}

/** An older otalog has made the tables. */
const OLDER =
  `${BEFORE_PERSONAL_TEXTS} drop table tree; delete from kysely_migration where name >= '2026-11-26'`;

Deno.test("copyFolder() copies the log, its images and its secrets, and says what they are", async () => {
  await withData(async (order, folder) => {
    const steps = new Map<string, number>();
    const rows: unknown[] = [];
    const copied = await copyFolder({
      ...order,
      seen: ({ seq }) => void rows.push(seq),
      progress: (what, share) => void steps.set(what, share),
    }, copyParts);
    await assertReplays(order.to);
    assert.deepEqual([copied.rows, copied.devices, copied.images], [rows.length, 2, 2]);
    assert.equal(copied.bytes, Deno.statSync(`${order.to}/otalog.db`).size + 30_000);
    assert.match(copied.head, /^sha256:/);
    assert.deepEqual([copied.isCompared, copied.finding], [true, undefined]);
    assert.ok(Date.now() - copied.at! < 60_000);
    assert.deepEqual(rows, rows.map((_, at) => at + 1));
    assert.deepEqual([...steps], [["Copying the images", 1]]);
    assert.deepEqual(namesIn(order.to), ["images", "log.key", "operator.token", "otalog.db"]);
    assert.deepEqual(namesIn(folder), ["copy", "data"]);

    // Of the copy another can be made, which is the same.
    const again = { ...order, from: order.to, to: `${folder}/again`, isForUse: true };
    assert.deepEqual(await copyFolder(again, copyParts), copied);
  });
});

const refusals: [what: string, spoil: (data: string) => void, why: RegExp][] = [
  [
    "a row was edited",
    (data) => edit(data, "update events set data = '{}' where seq = 5"),
    /data: its log is not as it was decided: row 5 \(device\/pump-\d\), data\. Look at it\.$/,
  ],
  [
    "a row is missing",
    (data) => edit(data, "delete from events where seq = 5"),
    /data: its log is not as it was decided: row 5 \(.*\), .*\. Look at it\.$/,
  ],
  [
    "a read model was edited",
    (data) => edit(data, "update tasks set state = 'failed'"),
    /data: its log is not as it was decided: table tasks, row OTA_\d+_001, state\. Look at it\.$/,
  ],
  [
    "its log is empty",
    (data) => {
      for (
        const table of ["events", "devices", "tokens", "tasks", "images", "releases", "counts"]
      ) {
        edit(data, `delete from ${table}`);
      }
      edit(data, "delete from tree");
    },
    /data: its log is empty\. Mend it\.$/,
  ],
  [
    "a newer otalog wrote it",
    (data) => edit(data, "insert into kysely_migration values ('2999-01-01-future', '')"),
    /data: a newer otalog wrote it \(2999-01-01-future\)\. Mend it\.$/,
  ],
  [
    "an image is missing",
    (data) => Deno.removeSync(`${data}/images/${namesIn(`${data}/images`)[0]}`),
    /data\/images\/[0-9a-f]{64}: it does not exist\. Upload it\.$/,
  ],
  [
    "the key is missing",
    (data) => Deno.removeSync(`${data}/log.key`),
    /data\/log\.key: it does not exist, and without its key .*\. Mend it\.$/,
  ],
];

for (const [what, spoil, why] of refusals) {
  Deno.test(`copyFolder() leaves nothing behind when ${what}`, async () => {
    await withData(async (order, folder) => {
      spoil(order.from);
      await assert.rejects(copyFolder(order, copyParts), why);
      assert.deepEqual(namesIn(folder), ["data"]);
    });
  });
}

Deno.test("copyFolder() keeps the tables of an older otalog, and brings those up to date that are used", async () => {
  await withData(async (order, folder) => {
    edit(order.from, OLDER);
    const kept = await copyFolder(order, copyParts);
    assert.equal(kept.isCompared, false);
    const used = { ...order, from: order.to, to: `${folder}/used`, isForUse: true };
    const copied = await copyFolder(used, copyParts);
    assert.deepEqual([copied.isCompared, copied.head], [true, kept.head]);
    await assertReplays(used.to);
  });
});

Deno.test("copyFolder() leaves nothing behind when it is stopped, or who looks on refuses", async () => {
  await withData(async (order, folder) => {
    const stop = new AbortController();
    const progress = (what: string) => {
      if (what === "Copying the images") stop.abort(new Error("Stopped."));
    };
    const stopped = copyFolder({ ...order, progress, stop: stop.signal }, copyParts);
    await assert.rejects(stopped, new Error("Stopped."));
    const seen = () => {
      throw new Error("Not this one.");
    };
    await assert.rejects(copyFolder({ ...order, seen }, copyParts), new Error("Not this one."));
    assert.deepEqual(namesIn(folder), ["data"]);
  });
});

Deno.test("copyFolder() copies as it is a log that comes out otherwise, and says where", async () => {
  await withData(async (order) => {
    edit(order.from, "update events set data = replace(data, 'pump', 'bump') where seq = 5");
    const copied = await copyFolder({ ...order, isAsItIs: true }, copyParts);
    assert.match(copied.finding!.where, /^row 5 \(device\/pump-\d\)$/);
    const [row] = [...copyParts.rowsOf(order.to)].slice(4, 5);
    assert.match(String(row!.data), /bump/);
    const rows = [...copyParts.rowsOf(order.from)];
    assert.deepEqual([copied.rows, copied.head], [rows.length, rows.at(-1)!.hash]);
    // What nobody can follow is not copied, whoever accepts what.
    edit(order.to, "update images set sha256 = '../' || sha256");
    const again = { ...order, from: order.to, to: `${order.to}-2`, isAsItIs: true };
    assert.equal((await copyFolder(again, copyParts)).images, 0);
  });
});
