/** The lock on a data folder. */
import assert from "node:assert/strict";
import { takeLease } from "../../../adapters/sqlite/lease.ts";
import { inFolder } from "../../support/folder.ts";

Deno.test("takeLease() refuses a folder that is in use, and takes it when it was given back", async () => {
  await inFolder((folder) => {
    const first = takeLease(folder);
    assert.throws(() => takeLease(folder), /another engine is using it/);
    first.release();
    takeLease(folder).release();
    return Promise.resolve();
  });
});

Deno.test("takeLease(): no child that is just being started keeps the folder from the next", async () => {
  await inFolder(async (folder) => {
    for (let round = 0; round < 40; round++) {
      const lease = takeLease(folder);
      // Until it is another program, a child has every file of its parent.
      const children = Array.from(
        { length: 4 },
        () =>
          new Promise<void>((resolve) =>
            queueMicrotask(() => void new Deno.Command("true").output().then(() => resolve()))
          ),
      );
      await Promise.resolve();
      lease.release();
      takeLease(folder).release();
      await Promise.all(children);
    }
  });
});
