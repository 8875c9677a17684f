/** The README's example of a first real device, run as it is written, and its tables of words. */
import assert from "node:assert/strict";
import { messageQos, reportSchemas } from "../../core/mod.ts";
import { askSchemas } from "../../core/protocol/asks.ts";
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

/** The rows of the table with that head, as lines; the first cell of one is its word. */
async function rowsBelow(head: string): Promise<string[]> {
  const page = await documentOf("README.md");
  const from = page.indexOf(`\n| ${head} `);
  assert.ok(from >= 0, `the README has no table with the head ${head}`);
  return page.slice(from + 1).split("\n\n", 1)[0]!.split("\n");
}

Deno.test("README: its table has a row for all that a device says, with every member", async () => {
  const rows = await rowsBelow("a device says");
  for (const [kind, { shape }] of Object.entries({ ...reportSchemas, ...askSchemas })) {
    const row = rows.find((line) => line.startsWith(`| \`${kind}\` `));
    assert.ok(row, `there is no row for ${kind}`);
    // Of a report the task, the attempt and the id are told of below the table.
    const members = Object.keys(shape).filter((name) =>
      !["task_id", "attempt", "id"].includes(name)
    );
    for (const member of members) assert.match(row, new RegExp(`\\b${member}\\b`), kind);
  }
});

Deno.test("README: its table has a row for all that a device hears", async () => {
  const rows = await rowsBelow("a device hears");
  for (const kind of Object.keys(messageQos)) {
    assert.ok(rows.some((line) => line.startsWith(`| \`${kind}\` `)), kind);
  }
});
