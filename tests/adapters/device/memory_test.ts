import assert from "node:assert/strict";
import { DeviceMemory } from "../../../adapters/device/memory.ts";
import { inFolder } from "../../support/folder.ts";

Deno.test("DeviceMemory keeps what it is told last, however much it is told at once", async () => {
  await inFolder(async (folder) => {
    const memory = await DeviceMemory.open(folder, "pump-7", null);
    const saves = Array.from({ length: 50 }, (_, n) => {
      memory.kept.version = `1.${n}.0`;
      return memory.save();
    });
    await Promise.all(saves);
    const { kept } = await DeviceMemory.open(folder, "pump-7", null);
    assert.equal(kept.version, "1.49.0");
    assert.deepEqual([...Deno.readDirSync(folder)].map(({ name }) => name), ["pump-7.json"]);
  });
});
