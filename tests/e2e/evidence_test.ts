/** A log is exported, archived and verified as an auditor does it: with files, and with nothing else. */
import assert from "node:assert/strict";
import { checkpointText, noteText, verifierKeyText } from "../../core/evidence/mod.ts";
import type { VerifierKey } from "../../core/evidence/mod.ts";
import { keyOf } from "../../adapters/cli/export/log_checkpoint.ts";
import { sha256 } from "../../adapters/cli/sha256.ts";
import { signWithLogKey } from "../../adapters/host/mod.ts";
import { openSnapshot } from "../../adapters/sqlite/mod.ts";
import { loginOf, makeLog } from "../bench/made_log.ts";
import { inFolder } from "../support/folder.ts";
import { ran } from "./task.ts";

const ROWS = 2_500;
const DEVICE = loginOf(3).id;

/** A data folder, and what somebody keeps elsewhere. */
interface Place {
  readonly folder: string;
  readonly data: string;
  /** Checkpoints of 1,500 rows and of 2,100. */
  readonly kept: string;
  readonly key: string;
  readonly rows: number;
}

async function withLog(story: (place: Place) => Promise<void>): Promise<void> {
  await inFolder(async (folder) => {
    const data = `${folder}/data`;
    await makeLog(data, ROWS);
    const log = openSnapshot(data);
    const { count: rows } = log;
    const key = keyOf(log, data);
    const note = (size: number) => noteOf(data, key, size, log.hashOf([0, size]));
    await Deno.writeTextFile(`${folder}/kept`, `${note(1_500)}\n${note(2_100)}\n`);
    await Deno.writeTextFile(`${folder}/key`, `${verifierKeyText(key, sha256)}\n`);
    log.close();
    await story({ folder, data, kept: `${folder}/kept`, key: `${folder}/key`, rows });
  });
}

function noteOf(data: string, key: VerifierKey, size: number, root: string): string {
  const text = checkpointText({ origin: key.name, size, root });
  return noteText(text, key, (bytes) => signWithLogKey(data, bytes), sha256);
}

/** Runs it, and it must end so. */
async function run(code: number, ...args: [string, ...string[]]): Promise<string> {
  const ended = await ran(...args);
  assert.equal(ended.code, code, ended.said + ended.complained);
  return ended.said + ended.complained;
}

Deno.test("export and verify: a log is proved by its file and a checkpoint, and an edit is not", async () => {
  await withLog(async ({ folder, data, kept, key, rows }) => {
    const file = `${folder}/log.jsonl`;
    assert.equal(
      await run(0, "export", "--data", data, "--out", file),
      `${rows} rows are in ${file}.\n`,
    );
    const { stdout } = await new Deno.Command("wc", { args: ["-l", file] }).output();
    assert.match(new TextDecoder().decode(stdout), new RegExp(`^${rows} `));
    assert.equal(await run(0, "export", "--data", data), await Deno.readTextFile(file));

    assert.match(await run(0, "verify", file), /^The log fits itself\. Whether it is as it was /);
    const said = await run(0, "verify", file, "--checkpoint", kept, "--key", key);
    assert.match(said, /^The log is as it was recorded\.$/m);
    assert.match(said, /^proved by a checkpoint +2100$/m);
    assert.match(said, new RegExp(`^newer than any checkpoint +${rows - 2_100}$`, "m"));
    const json = JSON.parse(
      await run(0, "verify", file, "--checkpoint", kept, "--json", "--jobs", "1"),
    );
    assert.deepEqual([json.ok, json.rows, json.proved, json.checkpoints], [true, rows, 2_100, 2]);
    assert.match(await run(0, "replay", file), new RegExp(`^rows decided again +${rows}$`, "m"));

    const lines = (await Deno.readTextFile(file)).trimEnd().split("\n");
    const write = (lines: readonly string[]) => Deno.writeTextFile(file, `${lines.join("\n")}\n`);
    await write(lines.toSpliced(1_999, 1));
    assert.match(await run(1, "verify", file), /^It does not hold: row 2000, seq\.$/m);
    await write(lines.slice(0, 2_000));
    assert.match(await run(0, "verify", file), /^The log fits itself\./);
    const cut = await run(1, "verify", file, "--checkpoint", kept);
    assert.match(cut, /^It does not hold: the log ends after row 2000, and had 2100\.$/m);
    // Of files that are named together each must hold, in whatever order.
    const first = `${folder}/first`;
    const [note] = (await Deno.readTextFile(kept)).split(/\n\n(?=otalog)/);
    await Deno.writeTextFile(first, `${note}\n`);
    assert.match(await run(0, "verify", file, "--checkpoint", first), /^The log is as it was /);
    for (const files of [[kept, first], [first, kept]]) {
      const flags = files.flatMap((name) => ["--checkpoint", name]);
      assert.equal(await run(1, "verify", file, ...flags), cut);
    }
  });
});

Deno.test("verify: two checkpoints of one size with other roots show two logs of one name", async () => {
  await withLog(async ({ folder, data, kept }) => {
    const log = openSnapshot(data);
    const other = noteOf(data, keyOf(log, data), 1_500, log.hashOf([0, 1_499]));
    log.close();
    await Deno.writeTextFile(kept, `${other}\n`, { append: true });
    await run(0, "export", "--data", data, "--out", `${folder}/log.jsonl`);
    assert.match(
      await run(1, "verify", `${folder}/log.jsonl`, "--checkpoint", kept),
      /^Cannot use .*: two checkpoints of row 1500 in it name different roots, and the key of /,
    );
  });
});

Deno.test("export --device --proofs and verify: the rows of one device are proved without the others", async () => {
  await withLog(async ({ folder, data, kept, key }) => {
    const file = `${folder}/device.jsonl`;
    const proofs = ["--data", data, "--device", DEVICE, "--proofs"];
    await run(0, "export", ...proofs, "--out", file);
    assert.match(
      await run(0, "verify", file),
      new RegExp(`^What the log says of ${DEVICE} fits itself`),
    );
    assert.match(
      await run(0, "verify", file, "--key", key),
      /is signed by the key that was kept\./,
    );
    const unknown = await run(1, "verify", file, "--checkpoint", kept);
    assert.match(
      unknown,
      /^Cannot compare: the proofs are for the checkpoint of row \d+, which is not in /,
    );

    await Deno.remove(file);
    await run(0, "export", ...proofs, "--checkpoint", kept, "--out", file);
    const json = JSON.parse(await run(0, "verify", file, "--checkpoint", kept, "--json"));
    assert.deepEqual([json.ok, json.device, json.size], [true, DEVICE, 2_100]);
    assert.equal(json.proved, json.rows);

    const lines = (await Deno.readTextFile(file)).trimEnd().split("\n");
    for (
      const [edited, where] of [
        [lines.with(4, lines[5]!), "line 5, version"],
        [lines.toSpliced(3, 1), "line 4, version"],
        [lines.with(4, lines[4]!.replace('"proof":["', '"proof":["00')), "line 5, its line"],
        [lines.with(4, lines[4]!.replace(/("proof":\[")../, "$1zz")), "line 5, its line"],
        [lines.with(4, lines[4]!.replace(/("proof":\[").{8}/, "$100000000")), "line 5, proof"],
        [
          lines.with(4, lines[4]!.replace(String.raw`\"at\":1`, String.raw`\"at\":2`)),
          "line 5, hash",
        ],
      ] as const
    ) {
      await Deno.writeTextFile(file, `${edited.join("\n")}\n`);
      const said = await run(1, "verify", file);
      assert.match(said, new RegExp(`^It does not hold: ${where}`, "m"));
    }
    assert.match(
      await run(1, "export", ...proofs.with(3, "nobody")),
      /^The log says nothing of device nobody\./,
    );
    assert.match(
      await run(2, "export", "--data", data, "--device", DEVICE),
      /give --device ID --proofs\./,
    );
  });
});

Deno.test("archive and verify: each part of a log is proved by itself, and its parts are the log", async () => {
  await withLog(async ({ folder, data, kept, key }) => {
    const parts = `${folder}/parts`;
    const words = [
      "archive",
      parts,
      "--data",
      data,
      "--checkpoint",
      kept,
      "--rows",
      "1024",
    ] as const;
    const first = JSON.parse(await run(0, ...words, "--json"));
    assert.deepEqual([first.written, first.parts, first.rows], [2, 2, 2_048]);
    assert.equal(JSON.parse(await run(0, ...words, "--json")).written, 0);
    const names = [...Deno.readDirSync(parts)].map(({ name }) => name).sort();
    assert.deepEqual(names, ["000000000001-000000001024.jsonl", "000000001025-000000002048.jsonl"]);
    for (const name of names) {
      const said = await run(0, "verify", `${parts}/${name}`, "--checkpoint", kept, "--key", key);
      assert.match(
        said,
        /^The part of the log from row (1|1025) to (1024|2048) is as it was recorded\.$/m,
      );
    }
    const texts = await Promise.all(names.map((name) => Deno.readTextFile(`${parts}/${name}`)));
    const rows = texts.flatMap((text) => text.trimEnd().split("\n").slice(1));
    const log = (await run(0, "export", "--data", data)).split("\n");
    assert.deepEqual(rows, log.slice(0, 2_048));

    const path = `${parts}/${names[1]}`;
    const lines = texts[1]!.trimEnd().split("\n");
    await Deno.writeTextFile(path, `${lines.slice(0, -1).join("\n")}\n`);
    assert.match(await run(1, "verify", path), /the log ends after row 2047, and had 2048\.$/m);
    await Deno.writeTextFile(path, `${[lines[0], ...rows.slice(0, 1_024)].join("\n")}\n`);
    assert.match(await run(1, "verify", path), /^It does not hold: row 1025, seq\.$/m);
    assert.match(
      await run(2, "archive", parts, "--checkpoint", kept, "--rows", "3000"),
      /power of two/,
    );
  });
});

Deno.test("verify refuses keys and checkpoints that are none, or of another log, and says what to do", async () => {
  await withLog(async ({ folder, data, kept, key }) => {
    const file = `${folder}/log.jsonl`;
    await run(0, "export", "--data", data, "--out", file);
    const own = (await Deno.readTextFile(kept)).trimEnd();
    const refused = async (text: string, said: RegExp) => {
      await Deno.writeTextFile(`${folder}/other`, text);
      assert.match(await run(1, "verify", file, "--checkpoint", `${folder}/other`), said);
    };
    await refused("", /it is empty\. Name checkpoints of this log\.$/);
    await refused("once upon a time\n", /there is no whole checkpoint in it\./);
    await refused(
      own.replaceAll("otalog/", "otalog/0"),
      /its checkpoints are of other logs than otalog\//,
    );
    await refused(
      own.replace("1500", "1501"),
      /its checkpoint of row 1501 was not signed by the key of /,
    );
    await Deno.writeTextFile(`${folder}/other`, "not a key");
    assert.match(
      await run(1, "verify", file, "--key", `${folder}/other`),
      /it is no key of a log\./,
    );
    await Deno.mkdir(`${folder}/b`);
    await makeLog(`${folder}/b/data`, 1);
    const foreign = openSnapshot(`${folder}/b/data`);
    await Deno.writeTextFile(`${folder}/other`, verifierKeyText(keyOf(foreign, ""), sha256));
    foreign.close();
    assert.match(
      await run(1, "verify", file, "--key", `${folder}/other`),
      /^It does not hold: row 1, key\.$/m,
    );
    // A note that was cut off by a crash takes nothing away from those before it.
    await Deno.writeTextFile(`${folder}/other`, `${own}\n\n${own.slice(0, 90)}`);
    assert.match(
      await run(0, "verify", file, "--checkpoint", `${folder}/other`, "--key", key),
      /^proved by/m,
    );
  });
});
