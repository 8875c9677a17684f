/** An exported log is replayed as a person does it, and edited as a person should not. */
import assert from "node:assert/strict";
import { inFolder } from "../support/folder.ts";
import { ran } from "./task.ts";

/** An edit, and what is said of it. */
type Edit = readonly [edit: (lines: string[]) => string, said: RegExp];

/** The line with its row edited. */
function edited(line: string, members: (row: Record<string, string>) => object): string {
  const row = JSON.parse(line);
  return JSON.stringify({ ...row, ...members(row) });
}

const edits: readonly Edit[] = [
  [
    (lines) => lines.with(9, edited(lines[9]!, () => ({ data: '{"never":1}' }))).join("\n"),
    /row 10 \(.+\), data\.$/m,
  ],
  [
    (lines) => {
      const nth = lines.findIndex((line) => JSON.parse(line).bytes.includes('"to":"succeeded"'));
      const failed = edited(lines[nth]!, ({ bytes }) => ({
        bytes: bytes!.replace('"to":"succeeded"', '"to":"failed"'),
      }));
      return lines.with(nth, failed).join("\n");
    },
    /row \d+ \(device\/dev-\d\), outcome\.$/m,
  ],
  [
    (lines) =>
      lines.with(1, edited(lines[1]!, () => ({ hash: `sha256:${"0".repeat(64)}` }))).join("\n"),
    /row 2 \(.+\), hash\.$/m,
  ],
  [(lines) => lines.toSpliced(29, 1).join("\n"), /row 30 \(.+\), seq\.$/m],
  [(lines) => lines.join("\n").slice(0, -10), /row \d+, its line is cut off\.$/m],
];

Deno.test("replay accepts an exported log, and names the line that was edited", async () => {
  await inFolder(async (folder) => {
    const file = `${folder}/log.jsonl`;
    const made = await ran("simulate", "--seed", "11", "--hours", "2", "--export", file, "--json");
    assert.equal(made.code, 0, made.said + made.complained);
    const { rows } = JSON.parse(made.said);

    const replay = await ran("replay", file, "--device", "dev-1");
    assert.equal(replay.code, 0, replay.said + replay.complained);
    assert.match(replay.said, new RegExp(`^rows decided again +${rows}$`, "m"));
    assert.match(
      replay.said,
      /^\d+ +\S+ +operator:\S+ +DeviceRegistered +device_id=dev-1 tags=site of dev-1$/m,
    );
    const json = JSON.parse((await ran("replay", file, "--json")).said);
    assert.deepEqual([json.ok, json.rows, json.devices], [true, rows, 8]);

    const at = ["--at", "40", "--device", "dev-1"];
    const then = await ran("replay", file, ...at);
    assert.equal(then.code, 0, then.said + then.complained);
    assert.match(
      then.said,
      /^as of +row \d+ of .*\n[^]*^The log is as it was decided up to row 40 /m,
    );
    const { device } = JSON.parse((await ran("replay", file, ...at, "--json")).said);
    assert.deepEqual([device.device_id, device.as_of.seq <= 40], ["dev-1", true]);

    const lines = (await Deno.readTextFile(file)).trimEnd().split("\n");
    for (const [edit, said] of edits) {
      await Deno.writeTextFile(file, edit(lines));
      const found = await ran("replay", file);
      assert.equal(found.code, 1, found.said + found.complained);
      assert.match(found.said, /^The log is not as it was decided: /);
      assert.match(found.said, said);
    }
  });
});

Deno.test("replay says in one sentence why a file is no log", async () => {
  await inFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/empty.jsonl`, "");
    const table: [args: string[], code: number, sentence: RegExp][] = [
      [[`${folder}/empty.jsonl`], 1, /^Cannot use .*empty\.jsonl: it is empty\. Name a log that/],
      [[`${folder}/none.jsonl`], 1, /^Cannot use .*none\.jsonl: it does not exist\. Name a log/],
      [[folder], 1, /^Cannot use .*: it is a folder, not a file\. Name a log/],
      [["a.jsonl", "--data", folder], 2, /^A log is in LOG\.jsonl or in the folder of --data\./],
    ];
    for (const [args, code, sentence] of table) {
      const end = await ran("replay", ...args);
      assert.deepEqual([end.code, end.said], [code, ""], end.complained);
      assert.match(end.complained, sentence);
      assert.doesNotMatch(end.complained, /\n/);
    }
  });
});
