import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { openReplica, openSqlite } from "../../../adapters/sqlite/mod.ts";
import { reasonOf } from "../../../adapters/sqlite/trouble.ts";
import { inFolder } from "../../support/folder.ts";

const restore = "Restore a backup, or choose another folder with --data.";

/** A user whom the modes of files do not bind sees nothing of them. */
const isRoot = Deno.uid() === 0;

const mode = (path: string): string => (Deno.statSync(path).mode! & 0o777).toString(8);

Deno.test("openSqlite() makes files that only their owner reads, and leaves modes as they are", async () => {
  await inFolder(async (folder) => {
    const umask = Deno.umask(0o022);
    try {
      const first = await openSqlite(folder);
      await first.store.open();
      const names = [...Deno.readDirSync(folder)].map(({ name }) => name);
      assert.ok(names.includes("otalog.db") && names.includes("otalog.db-wal"), names.join());
      for (const name of names) assert.equal(mode(`${folder}/${name}`), "600", name);
      await first.close();
      await Deno.chmod(`${folder}/otalog.db`, 0o640);
      await (await openSqlite(folder)).close();
      assert.equal(mode(`${folder}/otalog.db`), "640");
    } finally {
      Deno.umask(umask);
    }
  });
});

Deno.test("openSqlite() says what is wrong with a database, and what to do", async () => {
  await inFolder(async (folder) => {
    const path = `${folder}/otalog.db`;
    await Deno.writeTextFile(path, "no database at all, but long enough ".repeat(99));
    const junk = `Cannot use ${path}: it is not a database, or was damaged. ${restore}`;
    await assert.rejects(openSqlite(folder), { message: junk });
    await Deno.remove(path);
    await Deno.mkdir(path);
    const isFolder = `Cannot use ${path}: it is a folder, not a file. ${restore}`;
    await assert.rejects(openSqlite(folder), { message: isFolder });
    await Deno.remove(path);
    await (await openSqlite(folder)).close();
    const editor = new DatabaseSync(path);
    editor.exec("insert into kysely_migration values ('2099-01-01-x', '2099-01-01T00:00:00.000Z')");
    editor.close();
    const newer = `Cannot use ${path}: a newer otalog wrote it (2099-01-01-x). ${restore}`;
    await assert.rejects(openSqlite(folder), { message: newer });
  });
});

Deno.test("openSqlite() says why a folder cannot be used", async () => {
  const whatToDo = "The engine must be able to write there: mend that, or choose another folder " +
    "with --data.";
  // Nobody may make files there, whoever he is.
  await assert.rejects(openSqlite("/sys"), {
    message: `Cannot use /sys: permission denied. ${whatToDo}`,
  });
  await inFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/file`, "");
    await assert.rejects(openSqlite(`${folder}/file`), {
      message: `Cannot use ${folder}/file: it is not a folder. ${whatToDo}`,
    });
  });
  assert.equal(reasonOf({ code: "EROFS", message: "x" }, "/x"), "the file system is read-only");
});

Deno.test("openReplica() does not call gone what it may not look at", async () => {
  await inFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/file`, "");
    await assert.rejects(
      openReplica(`${folder}/file`),
      /^Error: Cannot use .*: it is not a folder\. Name /,
    );
    if (isRoot) return;
    await Deno.chmod(folder, 0);
    await assert.rejects(openReplica(folder), /^Error: Cannot use .*: permission denied\. Name /);
  });
});
