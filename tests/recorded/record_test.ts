/** A log is recorded once, as it replays, and never again. */
import assert from "node:assert/strict";
import { ran } from "../e2e/task.ts";
import { inFolder } from "../support/folder.ts";
import { namesIn, pathOf } from "./logs.ts";
import { record, recordFrom } from "./record.ts";
import { stories } from "./stories/mod.ts";

const [first, second] = stories;
assert.ok(first && second);
const READ_ONLY = /is never made again\. Give the behaviour another name\.$/;

Deno.test("record() writes what replays, and nothing where one of the logs is there", async () => {
  await inFolder(async (folder) => {
    const [recorded] = await record([first], folder);
    const text = await Deno.readTextFile(pathOf(first.name, folder));
    assert.deepEqual(recorded, { name: first.name, rows: text.split("\n").length - 1 });
    assert.equal(text, await Deno.readTextFile(pathOf(first.name)));
    await assert.rejects(record([second, first], folder), READ_ONLY);
    assert.deepEqual(namesIn(folder), [first.name]);
  });
});

Deno.test("recordFrom() files a log that replays clean, as it is, under a name that is free", async () => {
  await inFolder(async (folder) => {
    const log = pathOf(first.name);
    const text = await Deno.readTextFile(log);
    await recordFrom(log, "from_the_field", folder);
    assert.equal(await Deno.readTextFile(pathOf("from_the_field", folder)), text);
    await assert.rejects(recordFrom(log, "from_the_field", folder), READ_ONLY);
    for (const name of ["../up", "Name", "", "a".repeat(65)]) {
      await assert.rejects(recordFrom(log, name, folder), /a name is 1 to 64 of a-z 0-9 _, as in/);
    }
    const edited = `${folder}/edited`;
    await Deno.writeTextFile(edited, text.replace('to\\":\\"offered', 'to\\":\\"held'));
    const sentence =
      /^Cannot record other: row 8 \(device\/pump-7\) does not replay, outcome\. Look/;
    await assert.rejects(recordFrom(edited, "other", folder), { message: sentence });
    await Deno.writeTextFile(edited, text.slice(0, -9));
    await assert.rejects(
      recordFrom(edited, "other", folder),
      /does not replay, its line is cut off/,
    );
    assert.deepEqual(namesIn(folder), ["from_the_field"]);
  });
});

Deno.test("record: a person is told that everything is recorded, and what is wrong", async () => {
  const table: [args: string[], code: number, sentence: RegExp][] = [
    [[], 0, /^Every story is recorded\.$/],
    [[first.name], 1, READ_ONLY],
    [["of_nobody"], 2, /^There is no story of_nobody\. See tests\/recorded\/stories\/\.$/],
    [["--from", "log.jsonl"], 2, /^--from files one log under one NAME\. Give one\.$/],
    [["--from", "none.jsonl", "new"], 1, /^Cannot use none\.jsonl: it does not exist\. Name a log/],
  ];
  for (const [args, code, sentence] of table) {
    const end = await ran("record", ...args);
    assert.equal(end.code, code, end.complained);
    assert.match((code === 0 ? end.said : end.complained).trim(), sentence);
  }
});
