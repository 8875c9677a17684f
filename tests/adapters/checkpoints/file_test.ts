import assert from "node:assert/strict";
import { checkpointFile } from "../../../adapters/checkpoints/mod.ts";
import { TmpfsDisk } from "../../crash/small_disk.ts";
import { inFolder } from "../../support/folder.ts";
import { keptIn, noteOf } from "./notes.ts";

const { signal } = new AbortController();
const ANOTHER = "Name another file with --checkpoints.";

/** A folder with a data folder in it. */
async function besideData(story: (folder: string, data: string) => Promise<void>): Promise<void> {
  await inFolder(async (folder) => {
    await Deno.mkdir(`${folder}/data`);
    await story(folder, `${folder}/data`);
  });
}

Deno.test("checkpointFile() appends note by note, with an empty line behind each", async () => {
  await besideData(async (folder, data) => {
    const umask = Deno.umask(0o022);
    const path = `${folder}/checkpoints`;
    const file = await checkpointFile(path, data).finally(() => Deno.umask(umask));
    assert.equal(Deno.statSync(path).mode! & 0o777, 0o644);
    assert.equal(Deno.readTextFileSync(path), "");
    assert.equal(await file.readBack(), "");
    await file.publish(noteOf(1), signal);
    await file.publish(noteOf(2), signal);
    const again = await checkpointFile(path, data);
    await again.publish(noteOf(3), signal);
    const text = Deno.readTextFileSync(path);
    assert.equal(text, [1, 2, 3].map((size) => `${noteOf(size)}\n`).join(""));
    assert.equal(await again.readBack(), text);
    assert.deepEqual(keptIn(path).sizes, [1, 2, 3]);
  });
});

Deno.test("checkpointFile() makes the file again when somebody has moved it away", async () => {
  await besideData(async (folder, data) => {
    const path = `${folder}/checkpoints`;
    const file = await checkpointFile(path, data);
    await file.publish(noteOf(1), signal);
    await Deno.rename(path, `${path}.old`);
    await file.publish(noteOf(2), signal);
    assert.deepEqual([keptIn(`${path}.old`).sizes, keptIn(path).sizes], [[1], [2]]);
  });
});

Deno.test("checkpointFile() glues nothing to a note that was cut off, wherever that was", async () => {
  await besideData(async (folder, data) => {
    const path = `${folder}/checkpoints`;
    const whole = `${noteOf(1)}\n`;
    const bytes = new TextEncoder().encode(`${noteOf(2)}\n`);
    for (let cut = 0; cut <= bytes.length; cut++) {
      await Deno.writeTextFile(path, whole);
      await Deno.writeFile(path, bytes.subarray(0, cut), { append: true });
      const file = await checkpointFile(path, data);
      await file.publish(noteOf(3), signal);
      await file.publish(noteOf(4), signal);
      const { sizes, forged, others, broken } = keptIn(path);
      const isWhole = cut >= bytes.length - 2;
      assert.deepEqual(sizes, isWhole ? [1, 2, 3, 4] : [1, 3, 4], `cut at ${cut}`);
      assert.deepEqual([forged, others], [[], 0], `cut at ${cut}`);
      assert.equal(broken > 0, cut > 0 && !isWhole, `cut at ${cut}: ${broken}`);
    }
  });
});

Deno.test("checkpointFile() takes a file whose very first note was cut off", async () => {
  await besideData(async (folder, data) => {
    const path = `${folder}/checkpoints`;
    for (const torn of ["o", "otalog", noteOf(1).slice(0, 50)]) {
      await Deno.writeTextFile(path, torn);
      await (await checkpointFile(path, data)).publish(noteOf(2), signal);
      assert.deepEqual(keptIn(path).sizes, [2]);
    }
  });
});

Deno.test("checkpointFile() reads back the newest notes of a long file", async () => {
  await besideData(async (folder, data) => {
    const path = `${folder}/checkpoints`;
    const notes = Array.from({ length: 400 }, (_, size) => `${noteOf(size)}\n`).join("");
    await Deno.writeTextFile(path, notes);
    const text = await (await checkpointFile(path, data)).readBack();
    assert.equal(text.length < notes.length && notes.endsWith(text.slice(-60_000)), true);
    assert.ok(text.endsWith(`${noteOf(399)}\n`));
  });
});

Deno.test("checkpointFile() refuses what lies inside the data folder, whatever links lead there", async () => {
  await besideData(async (folder, data) => {
    await Deno.mkdir(`${data}/deep`);
    await Deno.symlink(data, `${folder}/link`);
    await Deno.symlink(`${data}/kept`, `${folder}/file-link`);
    await Deno.writeTextFile(`${data}/there`, "");
    await Deno.symlink(`${data}/there`, `${folder}/there-link`);
    const inside = "it lies inside the data folder, where whoever edits the log could edit it, too";
    const refused: [path: string, why: string][] = [
      [`${data}/checkpoints`, inside],
      [`${data}/deep/checkpoints`, inside],
      [`${folder}/x/../data/checkpoints`, "its folder does not exist"],
      [`${data}/deep/../checkpoints`, inside],
      [`${folder}/link/checkpoints`, inside],
      [`${folder}/there-link`, inside],
      [`${folder}/file-link`, "it is a link that leads nowhere"],
      [data, inside],
    ];
    for (const [path, why] of refused) {
      const message = `Cannot use ${path}: ${why}. ${ANOTHER}`;
      await assert.rejects(checkpointFile(path, data), { message });
      await assert.rejects(checkpointFile(path, `${folder}/link`), { message });
    }
    assert.deepEqual([...Deno.readDirSync(data)].map(({ name }) => name).sort(), ["deep", "there"]);
    // A name that only begins like that of the data folder is another one.
    await Deno.mkdir(`${folder}/data2`);
    await checkpointFile(`${folder}/data2/checkpoints`, data);
  });
});

Deno.test("checkpointFile() refuses what it cannot write, and what is no file of checkpoints", async () => {
  await besideData(async (folder, data) => {
    await Deno.mkdir(`${folder}/folder`);
    await Deno.writeTextFile(`${folder}/photo`, "JFIF");
    await Deno.writeTextFile(`${folder}/almost`, "otalog: what it is");
    await Deno.symlink("circle", `${folder}/circle`);
    const refused: [path: string, why: string][] = [
      [`${folder}/none/checkpoints`, "its folder does not exist"],
      [`${folder}/photo/checkpoints`, "a part of the path is not a folder"],
      [`${folder}/folder`, "it is a folder, not a file"],
      [`${folder}/photo`, "it holds something else than checkpoints"],
      [`${folder}/almost`, "it holds something else than checkpoints"],
      [`${folder}/circle`, "its links lead in circles"],
      ["/dev/null", "it is not a file"],
      // Nobody may make files there, whoever he is.
      ["/sys/checkpoints", "permission denied"],
    ];
    for (const [path, why] of refused) {
      await assert.rejects(checkpointFile(path, data), {
        message: `Cannot use ${path}: ${why}. ${ANOTHER}`,
      });
    }
    assert.equal(Deno.readTextFileSync(`${folder}/photo`), "JFIF");
  });
});

Deno.test("checkpointFile() says why a note could not be appended", async () => {
  await besideData(async (folder, data) => {
    await Deno.mkdir(`${folder}/away`);
    const path = `${folder}/away/checkpoints`;
    const file = await checkpointFile(path, data);
    await Deno.remove(`${folder}/away`, { recursive: true });
    const message = `Cannot append a checkpoint to ${path}: its folder does not exist.`;
    await assert.rejects(file.publish(noteOf(1), signal), { message });
    await Deno.mkdir(path, { recursive: true });
    await assert.rejects(file.publish(noteOf(1), signal), /it is a folder, not a file\.$/);
  });
});

Deno.test({
  name: "checkpointFile() goes on behind a torn note when a full disk has room again",
  ignore: !await TmpfsDisk.isPossible(),
  fn: () =>
    inFolder(async (folder) => {
      const script = new URL("./full_disk.ts", import.meta.url).pathname;
      const args = [Deno.execPath(), "run", "--quiet", "--no-check", "-A", script, folder];
      const [program, ...words] = [...new TmpfsDisk().above(folder), ...args];
      const root = new URL("../../..", import.meta.url);
      const run = new Deno.Command(program!, { args: words, cwd: root }).output();
      const { success, stdout, stderr } = await run;
      assert.ok(success, new TextDecoder().decode(stderr));
      const { taken, refused, sizes, broken, forged } = JSON.parse(
        new TextDecoder().decode(stdout),
      );
      assert.match(refused, /^Cannot append a checkpoint to .*: the disk is full\.$/);
      assert.deepEqual([sizes, broken, forged], [taken, 1, 0]);
      assert.ok(taken.length > 5, `${taken.length} notes were taken`);
    }),
});
