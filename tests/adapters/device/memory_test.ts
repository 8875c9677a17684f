import assert from "node:assert/strict";
import { reportBoot } from "../../../adapters/device/boot.ts";
import { Faults } from "../../../adapters/device/faults.ts";
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

Deno.test("a device says that it has booted only after it has", async () => {
  await inFolder(async (folder) => {
    const said: unknown[] = [];
    const say = (kind: string, { version }: Readonly<Record<string, unknown>>) =>
      Promise.resolve(void said.push([kind, version]));
    const faults = new Faults({});
    const memory = await DeviceMemory.open(folder, "pump-7", "1.0.0");
    await memory.begin("OTA_20261125_001", "sha256:00", 10);
    memory.kept.task!.boot = { version: "2.0.0", reports: true, reportId: "r" };
    await memory.save();
    assert.equal(await reportBoot({ memory, say, faults }), false);
    const after = await DeviceMemory.open(folder, "pump-7", "1.0.0");
    assert.equal(await reportBoot({ memory: after, say, faults }), true);
    assert.deepEqual(said, [["status", "1.0.0"]]);
  });
});
