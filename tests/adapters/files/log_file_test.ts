import assert from "node:assert/strict";
import { newLinesFile, openLogFile } from "../../../adapters/files/mod.ts";
import { inFolder } from "../../support/folder.ts";

const row = {
  bytes: '{"seq":1,"stream":"engine","version":1}',
  data: "{}",
  salt: "00",
  hash: "ff",
};
const line = JSON.stringify(row);

/** What is read from a file of these bytes: rows by their seq, or what is wrong with a line. */
async function read(bytes: string | Uint8Array<ArrayBuffer>): Promise<unknown[]> {
  const seen: unknown[] = [];
  await inFolder(async (folder) => {
    await Deno.writeFile(
      `${folder}/log`,
      typeof bytes === "string" ? new TextEncoder().encode(bytes) : bytes,
    );
    const file = openLogFile(`${folder}/log`);
    try {
      for (const cells of file.rows()) seen.push("broken" in cells ? cells.broken : cells.seq);
    } finally {
      file.close();
    }
  });
  return seen;
}

const STRANGE = "its line is not as it is exported";
const MIB = 1_048_576;
const members = (more: object) => JSON.stringify({ ...row, ...more });
const { salt: _, ...saltless } = row;

const files: [name: string, bytes: string | Uint8Array<ArrayBuffer>, seen: unknown[]][] = [
  ["lines", `${line}\n${line}\n`, [1, 1]],
  ["a last line without its end", `${line}\n${line}`, [1, 1]],
  ["the ends of lines of Windows", `${line}\r\n`, [1]],
  ["a line that is cut off", `${line}\n${line.slice(0, 20)}`, [1, "its line is cut off"]],
  ["a blank line", `${line}\n\n${line}\n`, [1, "its line is not a JSON object", 1]],
  ["a mark of the byte order", `\ufeff${line}\n`, ["its line is not a JSON object"]],
  ["a list", `["bytes"]\n`, ["its line is not a JSON object"]],
  ["bytes that are no text", Uint8Array.of(0x7b, 0xff, 0x7d, 0x0a), ["its line is not UTF-8"]],
  ["a line without salt", `${JSON.stringify(saltless)}\n`, ["its line lacks salt"]],
  ["a line with more", `${members({ seq: 2 })}\n`, ["its line has another member"]],
  ["bytes that are no JSON", `${members({ bytes: "{" })}\n`, [undefined]],
  ["what is no text", `${members({ bytes: { toString: 1 } })}\n`, [
    "its member bytes is not a text",
  ]],
  ["a member that stands there twice", `${line.replace("{", '{"data":"{}",')}\n`, [STRANGE]],
  ["members in another order", `${JSON.stringify({ ...saltless, salt: "00" })}\n`, [STRANGE]],
  ["a name that is escaped", `${line.replace("stream", "stre\\u0061m")}\n`, [STRANGE]],
  ["a line of 1 MiB", `${line.padEnd(MIB)}\n${line}\n`, [1, 1]],
  ["a longer one", `${line.padEnd(MIB + 1)}\n${line}\n`, ["its line is longer than 1 MiB"]],
  ["one that never ends", " ".repeat(3 * MIB), ["its line is longer than 1 MiB"]],
];

for (const [name, bytes, seen] of files) {
  Deno.test(`openLogFile() reads ${name}: ${seen.join(", ").slice(0, 40)}`, async () => {
    assert.deepEqual(await read(bytes), seen);
  });
}

/** How many lines each block of a file has, and how it ends. */
async function blocks(bytes: string): Promise<{ lines: number[]; end: string }> {
  const seen = { lines: [] as number[], end: "" };
  await inFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/log`, bytes);
    const file = openLogFile(`${folder}/log`);
    try {
      for (const block of file.blocks()) seen.lines.push(block.lines);
    } catch (error) {
      seen.end = (error as Error).message.replace(folder, "");
    } finally {
      file.close();
    }
  });
  return seen;
}

Deno.test("blocks() leaves nothing behind a large block unseen, wherever its lines end", async () => {
  assert.deepEqual(await blocks(`${line}\n`.repeat(1_025)), { lines: [1_024, 1], end: "" });
  // The end of a line, or of the white space behind what was said, is no end of the file.
  for (const length of [MIB - 1, MIB - 1_000]) {
    const { lines, end } = await blocks(`${line.padEnd(length)}\n`.repeat(70));
    assert.deepEqual(lines, []);
    assert.match(end, /^Cannot use \/log: 1024 of its lines are larger than 64 MiB\. Name a log/);
  }
  assert.deepEqual(await blocks(`${line}\n${line.padEnd(9 * MIB)}\n${line}\n`), {
    lines: [2],
    end: "",
  });
});

const sealed = { seq: 1, stream: "engine", version: 1, ...row };

Deno.test("newLinesFile() writes what openLogFile() reads, over an empty file, too", async () => {
  await inFolder(async (folder) => {
    const path = `${folder}/log`;
    await Deno.writeTextFile(path, "");
    await newLinesFile(path, "--out")([line]);
    assert.equal(await Deno.readTextFile(path), `${line}\n`);
    const file = openLogFile(path);
    assert.deepEqual([...file.rows()], [sealed]);
    file.close();
  });
});

Deno.test("newLinesFile() leaves nothing behind when it fails, and nothing is lost", async () => {
  await inFolder(async (folder) => {
    const path = `${folder}/log`;
    const write = newLinesFile(path, "--out");
    await Deno.writeTextFile(path, "of somebody else");
    await assert.rejects(write([line]), /something is there already\. Remove it first/);
    const fails = function* () {
      yield line;
      throw new Error("There are no more.");
    };
    await Deno.remove(path);
    await assert.rejects(write(fails()), /There are no more/);
    assert.deepEqual([...Deno.readDirSync(folder)], []);
    assert.throws(
      () => newLinesFile(folder, "--out"),
      /it is a folder, not a file\. Choose another file with --out/,
    );
  });
});
