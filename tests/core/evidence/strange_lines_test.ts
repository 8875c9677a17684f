/** Lines that say something else than was exported, though what they are read as has the right hashes. */
import assert from "node:assert/strict";
import { lineOf, sealRow } from "../../../core/mod.ts";
import type { Fact, SealedRow } from "../../../core/mod.ts";
import {
  archiveHeadLine,
  checkBlock,
  checkpointText,
  logKeyOf,
  noteText,
  ProofsCheck,
  proofsHeadLine,
  provedRowLine,
  readArchiveHead,
  readProofsHead,
  verifierKeyText,
} from "../../../core/evidence/mod.ts";
import type { ProofsHead } from "../../../core/evidence/mod.ts";
import { dealOut, decidePart, StreamReplay, Together } from "../../../core/replay/side_by_side.ts";
import { sha256 } from "../support/bench_engine.ts";
import { rootOf } from "../support/erased.ts";

const encoder = new TextEncoder();
const salt = "00".repeat(16);
const LOG = "00";

/** The first row of a device, whose product is a character that stands for what could not be read. */
function registered(seq: number): SealedRow {
  const place = {
    log: LOG,
    seq,
    epoch: 1,
    stream: "device/a",
    version: 1,
    prev: null,
    cause: null,
  };
  const data = { device_id: "a", product: "\ufffd" };
  const fact = { type: "DeviceRegistered", at: seq, actor: "operator:x", data } as Fact;
  return sealRow(place, fact, { effects: [], moves: [] }, () => salt, sha256);
}

const row = registered(1);
const line = lineOf(row);
const [head, key] = headOf();

function headOf(): [ProofsHead, string] {
  const own = logKeyOf(new Uint8Array(32), sha256);
  const root = rootOf([row], 0, 1);
  const checkpoint = { origin: `otalog/${LOG}`, size: 1, root };
  return [{ device: "a", checkpoint, key: own } as ProofsHead, verifierKeyText(own, sha256)];
}

/** What a verifier says of the file of a log, and of the file of a device. */
function faults(text: string | Uint8Array): (string | undefined)[] {
  const bytes = typeof text === "string" ? encoder.encode(text) : text;
  const found = checkBlock(bytes, 0, [], sha256);
  return [
    "what" in found ? found.what : undefined,
    new ProofsCheck(head, sha256).take(bytes)?.what,
  ];
}

const proved = provedRowLine(row, []);
const STRANGE = "its line is not as it is exported";

Deno.test("checkBlock() and ProofsCheck take what was exported", () => {
  assert.deepEqual(faults(line)[0], undefined);
  assert.deepEqual(faults(proved)[1], undefined);
  assert.deepEqual(faults(`${proved}\r`)[1], undefined);
});

const strange: [name: string, edit: (line: string) => string, what: string, inDevice: string][] = [
  ["a member twice", (line) => line.replace("{", '{"data":"{}",'), STRANGE, "its line"],
  ["white space", (line) => line.replace(":", ": "), STRANGE, "its line"],
  ["an escape", (line) => line.replace('"salt"', '"s\\u0061lt"'), STRANGE, "its line"],
  ["half of a pair", (line) => line.replace("\ufffd", "\\ud800"), "data", "data"],
  [
    "a nest",
    (line) => line.replace(/"bytes":".*"data":/, '"bytes":{"toString":1},"data":'),
    "its member bytes is not a text",
    "its line",
  ],
];

for (const [name, edit, what, inDevice] of strange) {
  Deno.test(`checkBlock() and ProofsCheck find ${name}`, () => {
    assert.equal(faults(edit(line))[0], what);
    assert.equal(faults(edit(proved))[1], inDevice);
  });
}

Deno.test("checkBlock() and ProofsCheck find bytes that are no UTF-8, and a mark of their order", () => {
  for (const [nth, text] of [line, proved].entries()) {
    const [before, behind] = text.split("\ufffd").map((part) => encoder.encode(part));
    const bytes = Uint8Array.from([...before!, 0xff, ...behind!]);
    assert.match(faults(bytes)[nth]!, /^its line/);
    assert.match(faults(`\ufeff${text}`)[nth]!, /^its line/);
  }
});

Deno.test("checkBlock() says what is wrong with a header in which anything is nested", () => {
  const nests = ['{"toString":1}', `${"[".repeat(100_000)}${"]".repeat(100_000)}`];
  for (const nest of nests) {
    const bytes = `{"log":${nest},"seq":1,"stream":${nest}}`;
    const hash = `sha256:${sha256(encoder.encode(`\0${bytes}`))}`;
    assert.equal(faults(lineOf({ ...row, bytes, hash }))[0], "log");
  }
});

Deno.test("readProofsHead() and readArchiveHead() take no first line that says something twice", () => {
  const checkpoint = noteText(
    checkpointText(head.checkpoint),
    head.key,
    () => new Uint8Array(64),
    sha256,
  );
  const device = proofsHeadLine("a", checkpoint, key);
  assert.equal(readProofsHead(device, sha256)?.device, "a");
  assert.equal(readProofsHead(device.replace("{", '{"device":"b",'), sha256), undefined);
  const part = archiveHeadLine({ begin: 0, rows: 1_024 }, [], checkpoint, key);
  assert.equal(readArchiveHead(part, sha256)?.rows, 1_024);
  assert.equal(readArchiveHead(part.replace("{", '{"begin":1024,'), sha256), undefined);
});

Deno.test("decidePart() does not let a stream begin twice, however its name is written", () => {
  const again = lineOf(registered(2)).replace(String.raw`\"stream\"`, String.raw`\"stre\u0061m\"`);
  const streams = Array.from({ length: 16 }, () => new StreamReplay(sha256));
  const parts = dealOut(encoder.encode(`${line}\n${again}\n`), 0, streams.length);
  assert.equal(parts.filter(({ ends }) => ends.length > 0).length, 2, "the lines are not together");
  const decided = parts.map((part, n) => decidePart(streams[n]!, part, true));
  const found = new Together().take(parts.map(({ seqs }) => seqs), decided);
  assert.deepEqual([found?.seq, found?.what], [2, STRANGE]);
});

Deno.test("StreamReplay says what is wrong with a name that is none", () => {
  const bytes = '{"stream":{"toString":1}}';
  const [part] = dealOut(encoder.encode(lineOf({ ...row, bytes })), 0, 1);
  assert.equal(decidePart(new StreamReplay(sha256), part!, true).divergence?.what, "bytes");
});
