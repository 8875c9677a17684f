/** The page about clients that only fetch: its updater runs as it is written. */
import assert from "node:assert/strict";
import { inHouse, randomImage } from "../e2e/house.ts";
import { aimedAt, blockOf, documentOf, ignoresShell, runShell } from "./examples.ts";

const page = await documentOf("adapters/http/checks/README.md");

Deno.test({
  name: "The page about clients that only fetch: its updater updates, and that is seen",
  ignore: ignoresShell,
  fn: async () => {
    await inHouse(async (stage) => {
      const token = await stage.register("pump-7");
      const image = randomImage(20_000);
      const checksum = await stage.upload("2.0.0", image);
      const file = `${stage.folder}/firmware.bin`;
      await Deno.writeFile(file, randomImage(10_000));
      const updater = `TOKEN=${token}\n${aimedAt(stage, blockOf(page, "example: curl"))}`;
      assert.equal(await runShell(stage, updater), "Nothing new.\n");
      const task = await stage.order("pump-7", "2.0.0", checksum);
      assert.match(await runShell(stage, updater), /^Updated: /);
      assert.deepEqual(new Uint8Array(await Deno.readFile(file)), new Uint8Array(image));
      assert.equal(await runShell(stage, updater), "Nothing new.\n");
      assert.equal((await stage.task(task)).state, "succeeded");
    });
  },
});
