import assert from "node:assert/strict";
import { newFolder } from "../../../adapters/files/mod.ts";
import { inFolder } from "../../support/folder.ts";

const mode = (path: string): number => Deno.statSync(path).mode! & 0o777;
const namesIn = (folder: string) => [...Deno.readDirSync(folder)].map(({ name }) => name).sort();
const whatToDo = "Name another.";

Deno.test("newFolder() gives the folder its name when it is filled, and not before", async () => {
  await inFolder(async (folder) => {
    await Deno.mkdir(`${folder}/data`);
    await Deno.mkdir(`${folder}/empty`, { mode: 0o755 });
    await Deno.symlink(`${folder}/empty`, `${folder}/link`);
    for (const [named, real] of [["new", "new"], ["link/", "empty"]]) {
      const place = { path: `${folder}/${named}`, apartFrom: `${folder}/data`, whatToDo };
      const result = await newFolder(place, async (part) => {
        assert.match(part, new RegExp(`${folder}/${real}\\.[0-9a-f-]{36}\\.part$`));
        await Deno.mkdir(`${part}/below`);
        await Deno.writeTextFile(`${part}/below/file`, "x");
        assert.deepEqual(
          namesIn(folder).filter((name) => name === "new"),
          real === "new" ? [] : ["new"],
        );
        return 7;
      });
      assert.equal(result, 7);
      assert.equal(await Deno.readTextFile(`${folder}/${real}/below/file`), "x");
      assert.equal(mode(`${folder}/${real}`), 0o700);
    }
    assert.deepEqual(namesIn(folder), ["data", "empty", "link", "new"]);
  });
});

Deno.test("newFolder() leaves nothing behind when it cannot be filled, and speaks of its name", async () => {
  await inFolder(async (folder) => {
    await Deno.mkdir(`${folder}/data`);
    const place = { path: `${folder}/new`, apartFrom: `${folder}/data`, whatToDo };
    const filling = newFolder(place, async (part) => {
      await Deno.writeTextFile(`${part}/file`, "x");
      throw new Error(`Cannot use ${part}/file: it is bad.`);
    });
    await assert.rejects(filling, new Error(`Cannot use ${folder}/new/file: it is bad.`));
    // Somebody else was faster: what is there stays.
    const late = newFolder(place, async () => {
      await Deno.mkdir(`${folder}/new`);
      await Deno.writeTextFile(`${folder}/new/theirs`, "x");
    });
    await assert.rejects(
      late,
      new Error(`Cannot use ${folder}/new: something is there already. Name another.`),
    );
    assert.deepEqual([namesIn(folder), namesIn(`${folder}/new`)], [["data", "new"], ["theirs"]]);
  });
});

Deno.test("newFolder() takes no place of anything, nor one in the other folder, nor above it", async () => {
  await inFolder(async (folder) => {
    await Deno.mkdir(`${folder}/data/below`, { recursive: true });
    await Deno.writeTextFile(`${folder}/file`, "x");
    await Deno.symlink(`${folder}/data/below`, `${folder}/link`);
    await Deno.symlink(`${folder}/nowhere`, `${folder}/dangling`);
    const table: [path: string, why: RegExp][] = [
      ["data", /it is not empty/],
      ["file", /it is not a folder/],
      ["file/new", /a part of the path is not a folder/],
      ["none/new", /the folder that it is to be in does not exist/],
      ["data/new", /it lies in .*\/data/],
      ["data/below", /it lies in .*\/data/],
      ["link", /it lies in .*\/data/],
      ["link/../new", /it lies in .*\/data/],
      ["dangling", /it does not exist/],
      ["", /it is not empty/],
    ];
    const before = namesIn(folder);
    for (const [name, why] of table) {
      const path = `${folder}/${name}`;
      const place = { path, apartFrom: `${folder}/data`, whatToDo };
      const making = newFolder(place, () => Promise.reject(new Error("It was filled")));
      const sentence = new RegExp(`^Error: Cannot use ${path}: ${why.source}\\. Name another\\.$`);
      await assert.rejects(making, sentence, name);
    }
    assert.deepEqual([namesIn(folder), namesIn(`${folder}/data`)], [before, ["below"]]);
  });
});
