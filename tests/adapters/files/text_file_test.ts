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
  name: "readText() gives up what has no end",
  ignore: Deno.build.os === "windows",
  fn: () => {
    assert.throws(() => readText("/dev/zero"), /^Error: Cannot use \/dev\/zero: it is larger than/);
  },
});
