/** What a person is told of a backup, and of what is lost when it is restored. */
import assert from "node:assert/strict";
import { checkpointText, logKeyOf, noteText, originOf } from "../../../core/evidence/mod.ts";
import { DatabaseSync } from "node:sqlite";
import { copyFolder } from "../../../adapters/backup/mod.ts";
import { runBackup, runRestore } from "../../../adapters/cli/mod.ts";
import type { Copy } from "../../../adapters/cli/mod.ts";
import {
  logIdentity,
  machineDigest,
  signWithLogKey,
  verifyEd25519,
} from "../../../adapters/host/mod.ts";
import { openSnapshot } from "../../../adapters/sqlite/mod.ts";
import { copyParts } from "../../../commands/copy_parts.ts";
import { atHouse, makeData } from "../../support/data_folder.ts";
import { inFolder } from "../../support/folder.ts";
import { Paper } from "./paper.ts";

const copy: Copy = (order) => copyFolder(order, copyParts);

/** What is printed of a backup of the data folder. */
async function backup(
  folder: string,
  more: { json?: boolean; isTerminal?: boolean; asItIs?: boolean } = {},
) {
  const { json = false, isTerminal = false, asItIs = false } = more;
  const paper = new Paper(isTerminal, false);
  const options = { data: `${folder}/data`, dir: `${folder}/backup`, asItIs, json };
  assert.equal(await runBackup(options, paper, copy), true);
  return paper.text;
}

/** What is printed when it is restored beside these checkpoints. */
async function restore(
  folder: string,
  notes?: string,
  { json = false, asItIs = false } = {},
): Promise<string> {
  const paper = new Paper(false);
  const file = notes === undefined ? undefined : "kept.txt";
  const options = {
    dir: `${folder}/backup`,
    data: `${folder}/new`,
    checkpoint: file,
    asItIs,
    json,
  };
  const parts = { copy, kept: notes, verify: verifyEd25519 };
  assert.equal(await runRestore(options, paper, parts), true);
  return paper.text;
}

/** A checkpoint of the first rows of a log, signed by its key: all of them unless said otherwise. */
async function checkpointOf(data: string, rows?: number): Promise<{ size: number; note: string }> {
  const { sha256 } = machineDigest;
  const { log, publicKey } = await logIdentity(data);
  const snapshot = openSnapshot(data);
  try {
    const size = rows ?? snapshot.count;
    const text = checkpointText({ origin: originOf(log), size, root: snapshot.hashOf([0, size]) });
    const key = logKeyOf(Uint8Array.fromBase64(publicKey.split(":")[1]!), sha256);
    const sign = (bytes: Uint8Array) => signWithLogKey(data, bytes);
    return { size, note: `${noteText(text, key, sign, sha256)}\n` };
  } finally {
    snapshot.close();
  }
}

/** A folder with the data of a house. */
async function withData(story: (folder: string) => Promise<void>): Promise<void> {
  await inFolder(async (folder) => {
    await makeData(`${folder}/data`);
    await story(folder);
  });
}

Deno.test("runBackup() says where it is, what is in it, and that it was proved", async () => {
  await withData(async (folder) => {
    const text = await backup(folder);
    const { size } = await checkpointOf(`${folder}/data`);
    const lines = text.trimEnd().split("\n");
    assert.equal(
      lines[0],
      `The backup is in ${folder}/backup. Its log was decided again: it is as it was decided.`,
    );
    assert.match(lines[1]!, new RegExp(`^rows +${size}, the last of 20\\S+Z$`));
    assert.match(text, /^devices +2\nimages +2\nsize +\d+ KiB\nid of the log +[0-9a-f]{32}$/m);
    assert.match(text, /^hash of its last row +sha256:[0-9a-f]{64}$/m);
    assert.equal(lines.length, 7);
  });
});

Deno.test("runBackup() shows on a terminal how far it is, in a line that it takes away", async () => {
  await withData(async (folder) => {
    const text = await backup(folder, { isTerminal: true });
    const [, drawn, line, rest] = text.split("\r\x1b[2K");
    assert.match(`${drawn}`, / % +Copying the images$/);
    assert.deepEqual([line?.slice(0, 17), rest], ["The backup is in ", undefined]);
  });
});

Deno.test("runBackup() and runRestore() say the same to a program", async () => {
  await withData(async (folder) => {
    const { note } = await checkpointOf(`${folder}/data`);
    const made = JSON.parse(await backup(folder, { json: true }));
    const { size } = await checkpointOf(`${folder}/backup`);
    assert.deepEqual(
      [made.ok, made.rows, made.devices, made.images, made.proved, made.read_models_compared],
      [true, size, 2, 2, true, true],
    );
    assert.match(made.at, /^20\S+Z$/);
    const restored = JSON.parse(await restore(folder, note, { json: true }));
    assert.deepEqual(restored, { ...made, rows_proved: size, rows_known: size });
  });
});

Deno.test("runRestore() says what is lost, and what checkpoints know to be lost", async () => {
  await withData(async (folder) => {
    await backup(folder);
    const first = await checkpointOf(`${folder}/data`, 3);
    const last = await checkpointOf(`${folder}/data`);
    await atHouse(`${folder}/data`, (operator) => operator.register("late"));
    const beyond = await checkpointOf(`${folder}/data`);
    const lost =
      `What came after row ${last.size} is lost: reports, orders, new devices, tokens, ` +
      "revocations, erasures. Devices are called again; what was erased since must be erased again.";
    const stop =
      "Stop the engine that the backup was made of, if it still runs: the log goes on in one place.";
    const again = async (...notes: { note: string }[]) => {
      const text = await restore(folder, notes.map(({ note }) => note).join("") || undefined);
      await Deno.remove(`${folder}/new`, { recursive: true });
      return text.trimEnd().split("\n\n")[1]!.split("\n");
    };
    assert.deepEqual(await again(), [lost, stop]);
    assert.deepEqual(await again(last, first), [
      lost,
      `Checkpoints prove its first ${last.size} rows. None lies beyond it.`,
      stop,
    ]);
    const known = `It had at least ${beyond.size} rows: ${
      beyond.size - last.size
    } are known to be lost. Keep these checkpoints, as they show that it was restored; publish those to come elsewhere.`;
    assert.deepEqual(await again(beyond), [
      lost,
      `No checkpoint proves any of its rows. ${known}`,
      stop,
    ]);
    assert.deepEqual(await again(first, beyond), [
      lost,
      `Checkpoints prove its first 3 rows. ${known}`,
      stop,
    ]);
  });
});

Deno.test("runRestore() refuses another history, and checkpoints that nobody signed", async () => {
  await withData(async (folder) => {
    await backup(folder);
    // The log goes on twice from the same place: what the second one published is not of the first.
    await restore(folder);
    await atHouse(`${folder}/new`, (operator) => operator.register("other"));
    const other = await checkpointOf(`${folder}/new`);
    await atHouse(`${folder}/data`, async (operator) => {
      for (const id of ["late", "later"]) await operator.register(id);
    });
    for (const name of ["backup", "new"]) {
      await Deno.remove(`${folder}/${name}`, { recursive: true });
    }
    await backup(folder);
    await assert.rejects(
      restore(folder, other.note),
      new Error(
        `Cannot restore that: the checkpoint of row ${other.size} in kept.txt is of another ` +
          "history. Somebody edited the log, or it was restored before: name another backup.",
      ),
    );
    const { note } = await checkpointOf(`${folder}/data`);
    const [text, line] = note.split("\n\n");
    const forged = `${text!.replace(/\n\d+\n/, "\n5\n")}\n\n${line}\n\n`;
    await assert.rejects(restore(folder, forged), /^Error: Cannot use kept\.txt: its checkpoint/);
    await assert.rejects(restore(folder, "junk"), /^Error: Cannot use kept\.txt: /);
    const names = [...Deno.readDirSync(folder)].map(({ name }) => name).sort();
    assert.deepEqual(names, ["backup", "data"]);
  });
});

Deno.test("runBackup() and runRestore() say of a log that is copied as it is where it is not as decided", async () => {
  await withData(async (folder) => {
    const { note, size } = await checkpointOf(`${folder}/data`);
    const editor = new DatabaseSync(`${folder}/data/otalog.db`);
    editor.exec("update events set data = replace(data, 'pump', 'bump') where seq = 5");
    editor.close();
    await assert.rejects(
      backup(folder),
      /, data\. Look at it with deno task replay; copy it all the same with --as-it-is\.$/,
    );
    const found =
      / Its log is not as it was decided: row 5 \(device\/pump-\d\), data\.\nrows +\d+,/;
    assert.match(await backup(folder, { asItIs: true }), found);
    await assert.rejects(restore(folder), /, data\. Name another backup, or .* --as-it-is\.$/);
    // What a checkpoint says is of the hashes, which nobody has edited.
    const json = JSON.parse(await restore(folder, note, { json: true, asItIs: true }));
    assert.deepEqual(
      [json.ok, json.proved, json.finding.what, json.read_models_compared, json.rows_proved],
      [true, false, "data", false, size],
    );
    await Deno.remove(`${folder}/new`, { recursive: true });
    assert.match(await restore(folder, undefined, { asItIs: true }), found);
  });
});
