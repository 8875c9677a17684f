/** The README's example of a first real device, run as it is written. */
import assert from "node:assert/strict";
import { inHouse, randomImage } from "../e2e/house.ts";
import { aimedAt, blockOf, documentOf, ignoresShell, runShell } from "./examples.ts";

Deno.test({
  name: "README: a first real device goes from the order to success with mosquitto_pub and curl",
  ignore: ignoresShell,
  fn: async () => {
    const block = blockOf(await documentOf("README.md"), "example: first device");
    await inHouse(async (stage) => {
      await Deno.writeFile(`${stage.folder}/firmware.bin`, randomImage(123_456));
      const said = await runShell(stage, aimedAt(stage, block));
      assert.match(said, /\/ota\/pump-7\/metadata \{/);
      assert.match(
        said,
        /\/ota\/pump-7\/success \{"task_id":"OTA_\d{8}_001","version":"2\.0\.0"\}/,
      );
      const { body } = await stage.ask("GET", "/tasks");
      assert.equal(body.items[0].state, "succeeded");
    });
  },
});
