/** The disk that a backup is to be on has no room for it: nothing is left, and it says so. */
import assert from "node:assert/strict";
import { atHouse } from "../support/data_folder.ts";
import { inFolder } from "../support/folder.ts";
import { randomImage, soon } from "../e2e/house.ts";
import { ROOT } from "./engine_process.ts";
import { TmpfsDisk } from "./small_disk.ts";

/** What is on the disk besides ballast is told after the command, whose end is that of all of it. */
const AFTERWARDS = `ballast="$1"; disk="$2"; shift 2
  [ "$ballast" = 0 ] || head -c "$ballast" /dev/zero > "$disk/ballast"
  "$@"; code=$?
  echo "on the disk: $(ls -A "$disk")"
  exit $code`;

/** Runs a task with a small disk at the folder, of which so many bytes are taken. */
async function onSmallDisk(disk: string, ballast: number, ...args: string[]) {
  const { tasks } = JSON.parse(await Deno.readTextFile(new URL("deno.json", ROOT)));
  const words: string[] = tasks[args[0]!].command.split(" ").slice(1);
  const [program, ...rest] = [
    ...new TmpfsDisk().above(disk),
    ...["sh", "-c", AFTERWARDS, "sh", `${ballast}`, disk],
    ...[Deno.execPath(), ...words, ...args.slice(1)],
  ];
  const output = new Deno.Command(program!, { args: rest, cwd: ROOT, env: { NO_COLOR: "1" } })
    .output();
  const { code, stdout, stderr } = await soon(output, "the end of the command", 60_000);
  const text = new TextDecoder();
  return { code, said: text.decode(stdout), complained: text.decode(stderr) };
}

const MIB = 1_048_576;

Deno.test({
  name: "backup and restore leave nothing on a disk that has no room for them, and say so",
  ignore: !await TmpfsDisk.isPossible(),
  fn: async () => {
    await inFolder(async (folder) => {
      const [data, disk] = [`${folder}/data`, `${folder}/disk`];
      await Deno.mkdir(disk);
      await atHouse(data, async (operator) => {
        await operator.register("pump-7");
        await operator.upload("2.0.0", randomImage(8 * MIB));
      });
      const backup = ["backup", `${disk}/copy`, "--data", data];
      const restore = ["restore", data, "--data", `${disk}/copy`];
      const room =
        /^Cannot use \S+\/disk\/copy\/otalog\.db: the disk is full\. Free some room, or /;
      const table: [ballast: number, args: string[], sentence: RegExp][] = [
        [6 * MIB, backup, /copy\/images\/[0-9a-f]{64}: the disk is full\. Free some room, or name/],
        [12 * MIB - 65_536, backup, room],
        [12 * MIB, backup, /^Cannot use \S+\/disk\/copy(\/otalog\.db)?: the disk is full\. /],
        [6 * MIB, restore, /copy\/images\/[0-9a-f]{64}: the disk is full\. Free .* with --data\.$/],
        [12 * MIB - 65_536, restore, room],
      ];
      for (const [ballast, args, sentence] of table) {
        const { code, said, complained } = await onSmallDisk(disk, ballast, ...args);
        assert.deepEqual([code, said], [1, "on the disk: ballast\n"], complained);
        assert.match(complained.trim(), sentence);
        assert.doesNotMatch(complained.trim(), /\n/);
      }
      const fits = await onSmallDisk(disk, MIB, ...backup);
      assert.equal(fits.code, 0, fits.complained);
      assert.match(fits.said, /^on the disk: ballast\ncopy$/m);
      // No folder can take the place of a disk as a whole.
      const root = await onSmallDisk(disk, 0, "backup", disk, "--data", data);
      const sentence = /disk: it is the root of a file system: name a folder in it\. Name a folder/;
      assert.deepEqual([root.code, root.said], [1, "on the disk: \n"]);
      assert.match(root.complained, sentence);
    });
  },
});
