/** The disk of a running engine fills up and is emptied again. */
import assert from "node:assert/strict";
import { inFolder } from "../support/folder.ts";
import { DiskStory } from "./disk_story.ts";
import { EngineProcess } from "./engine_process.ts";
import { readLog } from "./log_check.ts";
import { RefusingDisk, TmpfsDisk } from "./small_disk.ts";
import type { SmallDisk } from "./small_disk.ts";

const CYCLES = 5;
/** Longer than the engine waits before it looks again whether there is room. */
const LOOK_AGAIN_MS = 1_500;
/** Not every machine lets us mount or trace; a disk that can be full there must be. */
const disks: SmallDisk[] = [
  ...await RefusingDisk.isPossible() ? [new RefusingDisk()] : [],
  ...await TmpfsDisk.isPossible() ? [new TmpfsDisk()] : [],
];
if (disks.length === 0) {
  throw new Error("No disk can be filled here: allow unshare and mount, or ptrace (strace -p).");
}

for (const disk of disks) {
  Deno.test(`a full disk (${disk.name}) refuses writes, serves reads and heals by itself`, async () => {
    await inFolder(async (folder) => {
      const mounted = `${folder}/disk`;
      await Deno.mkdir(mounted);
      await using engine = await EngineProcess.on(`${mounted}/data`, disk.above(mounted));
      assert.ok(await engine.start(), engine.said);
      const story = new DiskStory(engine);
      await story.begin();
      const healed: number[] = [];
      for (let cycle = 0; cycle < CYCLES; cycle++) {
        const share = (cycle + 1) / 10;
        await disk.fill(engine, mounted);
        await story.assertRefuses(share);
        await story.assertReads();
        if (cycle === 0) {
          await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS));
          assert.equal(await story.ready(), 503, "ready though the disk is full");
        }
        await disk.free();
        healed.push(Math.round(await story.assertHeals(share)));
      }
      Deno.kill(engine.pid, "SIGSTOP");
      await Deno.mkdir(`${folder}/copy`);
      for (const name of ["otalog.db", "otalog.db-wal"]) {
        const from = `${disk.seen(engine, mounted)}/data/${name}`;
        await Deno.copyFile(from, `${folder}/copy/${name}`);
      }
      const { streams, reports } = await readLog(`${folder}/copy`);
      const lost = story.devices.filter((device) => !streams.has(`device/${device}`));
      assert.deepEqual(lost, []);
      assert.deepEqual(reports.get("device/pump-7"), story.reports);
      console.log(`${story.devices.length} devices; served again after ${healed.join(", ")} ms`);
    });
  });
}
