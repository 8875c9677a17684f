import assert from "node:assert/strict";
import { readText } from "../../../adapters/files/mod.ts";
import { inFolder } from "../../support/folder.ts";

Deno.test("readText() reads a text whose characters lie across what is read at once", async () => {
  await inFolder(async (folder) => {
    const text = `a${"\u2014".repeat(700_000)}`;
    await Deno.writeTextFile(`${folder}/text`, text);
    assert.equal(readText(`${folder}/text`), text);
    for (const bytes of [[0xff], [0x61, 0xe2, 0x80]]) {
      await Deno.writeFile(`${folder}/text`, Uint8Array.from(bytes));
      assert.throws(
        () => readText(`${folder}/text`),
        /^Error: Cannot use .*: it is no text\. Name /,
      );
    }
  });
});

Deno.test({
  name: "readText() opens neither a pipe nor a device, which may have no end",
  ignore: Deno.build.os === "windows",
  fn: async () => {
    await inFolder(async (folder) => {
      const pipe = `${folder}/pipe`;
      assert.ok((await new Deno.Command("mkfifo", { args: [pipe] }).output()).success);
      await Deno.symlink(pipe, `${folder}/link`);
      for (const path of [pipe, `${folder}/link`, "/dev/zero", "/dev/null"]) {
        const why = "it is a pipe or a device, which may have no end";
        assert.throws(() => readText(path), {
          message:
            `Cannot use ${path}: ${why}. Save what comes out of it in a file, and name that.`,
        });
      }
    });
  },
});

Deno.test("readText() says that a folder is none, and gives up what is larger than it may be", async () => {
  await inFolder(async (folder) => {
    assert.throws(() => readText(folder), /: it is a folder, not a file\. Name another file/);
    const path = `${folder}/large`;
    await Deno.writeTextFile(path, "");
    await Deno.truncate(path, 256 * 1_048_576 + 1);
    assert.throws(() => readText(path), /: it is larger than 256 MiB\. Name another file/);
  });
});
