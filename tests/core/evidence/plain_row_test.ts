/** Lines are read in a fast way and in a slow one: whatever stands in them, both must say the same. */
import assert from "node:assert/strict";
import { hashBytes, lineOf, linesIn, readLine } from "../../../core/log/mod.ts";
import type { SealedRow } from "../../../core/log/mod.ts";
import { PlainHeader } from "../../../core/log/plain_header.ts";
import { PlainRow } from "../../../core/log/plain_row.ts";
import { checkBlock, Segment } from "../../../core/evidence/mod.ts";
import { simulate } from "../../../core/simulation/mod.ts";
import { Random } from "../../../core/simulation/chance/random.ts";
import { sha256 } from "../support/bench_engine.ts";
import { ports } from "../support/simulation.ts";

const { rows } = await simulate({ seed: 11, devices: 3, hours: 1, upgrades: 6 }, ports);
const encoder = new TextEncoder();

function blockOf(rows: readonly SealedRow[]): Uint8Array {
  return encoder.encode(rows.map((row) => `${lineOf(row)}\n`).join(""));
}

/** What the slow way alone says of the block. */
function slowly(bytes: Uint8Array) {
  const segment = new Segment(sha256, 0);
  let seq = 0;
  for (const { from, to, isEnded } of linesIn(bytes)) {
    seq++;
    const row = readLine(bytes.subarray(from, to), isEnded);
    if ("broken" in row) {
      const { broken: what, expected, found } = row;
      return { seq, what, expected, found };
    }
    const fault = segment.take(row);
    if (fault) return fault;
  }
  return segment.summary;
}

function agree(bytes: Uint8Array, what: string): void {
  assert.deepEqual(checkBlock(bytes, 0, [], sha256), slowly(bytes), what);
}

/** The first row with another text as its bytes, and a hash that fits. */
function withBytes(bytes: string): SealedRow[] {
  return [{ ...rows[0]!, bytes, hash: hashBytes(bytes, sha256) }, ...rows.slice(1, 3)];
}

Deno.test("PlainRow and PlainHeader take every row without a personal text, as it is", () => {
  const [row, header] = [new PlainRow(), new PlainHeader()];
  for (const sealed of rows) {
    const line = encoder.encode(lineOf(sealed));
    if (sealed.personal !== null) {
      assert.ok(!row.read(line, 0, line.length));
      continue;
    }
    assert.ok(row.read(line, 0, line.length) && header.read(row.sealed, 1), sealed.bytes);
    const said = JSON.parse(sealed.bytes);
    for (const name of ["at", "cause", "epoch", "seq", "v", "version"] as const) {
      assert.equal(header[name], said[name]);
    }
    for (const name of ["actor", "data", "log", "prev", "stream", "task", "type"] as const) {
      assert.equal(header.text(name), said[name] ?? undefined);
      assert.ok(header.has(name, said[name] ?? null));
      assert.ok(!header.has(name, `${said[name]}1`));
    }
    assert.equal(header.text("outcome"), JSON.stringify(said.outcome));
    assert.ok(row.hasHash(sealed.hash.slice(7)) && sha256(row.sealed) === sealed.hash.slice(7));
    assert.equal(`sha256:${sha256(row.salted)}`, said.data);
  }
});

Deno.test("checkBlock() says of any damaged block what the slow way says", () => {
  const random = new Random(5);
  const honest = blockOf(rows.slice(0, 40));
  for (let n = 0; n < 4_000; n++) {
    const bytes = honest.slice();
    for (let edits = random.between(1, 2); edits > 0; edits--) {
      const at = random.below(bytes.length);
      const byte = random.pick([random.below(256), 0x22, 0x5c, 0x0a, 0x7b, 0x2c, 0x30, 0xc3]);
      bytes[at] = byte;
    }
    agree(bytes, `damaged ${n}`);
  }
  for (let n = 0; n < 400; n++) agree(honest.subarray(0, random.below(honest.length)), "cut");
});

const { bytes: text, data } = rows[0]!;
const forms: Record<string, string> = {
  "a space": text.replace(",", ", "),
  "an escape": text.replace("LogCreated", "LogCr\\u0065ated"),
  "another order": `{"at":1,${text.slice(1)}`,
  "a member more": text.replace(/}$/, ',"z":1}'),
  "a member twice": text.replace('"seq":1', '"seq":2,"seq":1'),
  "a fraction": text.replace('"seq":1', '"seq":1.0'),
  "a number in front of zeros": text.replace('"seq":1', '"seq":01'),
  "a negative number": text.replace(/"at":/, '"at":-'),
  "letters beyond ASCII": text.replace("engine", "ängine"),
  "an outcome that is none": text.replace('"effects":[]', '"effects":['),
  "an outcome with a comma too many": text.replace('"effects":[]', '"effects":[1,]'),
  "a deep outcome": text.replace('"effects":[]', `"effects":${"[".repeat(20)}${"]".repeat(20)}`),
  "a control character": text.replace("engine", "en\tgine"),
  "a stream that is a number": text.replace('"stream":"engine"', '"stream":1'),
  "no header at all": "null",
  "an empty text": "",
  "a header that is cut": text.slice(0, -1),
  "something behind it": `${text} `,
};

for (const [name, bytes] of Object.entries(forms)) {
  Deno.test(`checkBlock() says the same in both ways of a header with ${name}`, () => {
    agree(blockOf(withBytes(bytes)), name);
  });
}

const lines: Record<string, (line: string) => string> = {
  "spaces": (line) => line.replace(":", ": "),
  "another order": (line) => {
    const { bytes, data, salt, hash } = JSON.parse(line);
    return JSON.stringify({ data, bytes, salt, hash });
  },
  "a member more": (line) => line.replace(/}$/, ',"more":1}'),
  "a member twice": (line) => line.replace(/}$/, ',"salt":""}'),
  "an escape": (line) => line.replace("epoch", "\\u0065poch"),
  "a line end inside": (line) => line.replace(",", "\n,"),
  "a return before its end": (line) => `${line}\r`,
  "an upper-case salt": (line) => line.replace(/"salt":"\w+"/, (salt) => salt.toUpperCase()),
  "no salt": (line) => line.replace(/"salt":"\w+"/, '"salt":""'),
  "data that is a number": (line) => line.replace(JSON.stringify(data), "7"),
  "two rows": (line) => `${line},${line}`,
  "nothing": () => "",
  "a byte order mark": (line) => `\ufeff${line}`,
};

for (const [name, edit] of Object.entries(lines)) {
  Deno.test(`checkBlock() says the same in both ways of a line with ${name}`, () => {
    const [first, ...others] = rows.slice(0, 3).map((row) => lineOf(row));
    agree(encoder.encode([edit(first!), ...others, ""].join("\n")), name);
  });
}
