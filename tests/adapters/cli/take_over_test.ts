/** What whoever starts an engine learns of a log that another version wrote. */
import assert from "node:assert/strict";
import type { SealedRow } from "../../../core/mod.ts";
import type { Reads } from "../../../core/engine/mod.ts";
import { takeOver, takeOverScreen } from "../../../adapters/cli/mod.ts";
import { bench, sha256 } from "../../core/support/bench_engine.ts";
import { forged } from "../../core/support/forged.ts";
import { fleet } from "../../core/support/brokered.ts";
import { IMAGE, OTHER } from "../../core/support/given.ts";
import { Paper } from "./paper.ts";

type Log = Pick<Reads, "newest" | "lastSeq" | "rows">;

/** Rows as a store has them. */
function logOf(rows: readonly SealedRow[]): Log {
  return {
    newest: (stream, type) =>
      Promise.resolve(
        rows.findLast((row) => row.stream === stream && row.bytes.includes(`"type":"${type}"`)),
      ),
    lastSeq: () => Promise.resolve(rows.at(-1)?.seq ?? 0),
    rows: (_, after, limit) =>
      Promise.resolve(rows.filter(({ seq }) => seq > after).slice(0, limit)),
  };
}

/** A log that the version wrote; `undefined`: one that did not say which it is. */
async function written(version: string | undefined, devices = 1): Promise<SealedRow[]> {
  const b = await bench(version === undefined ? {} : { version });
  for (const device of await fleet(b, devices)) {
    await b.report(device, "request", {});
    for (const checksum of [OTHER, IMAGE]) await b.report(device, "verify", { checksum });
  }
  return b.store.rows;
}

/** The log as one that decided otherwise would have written it. */
function otherwise(rows: readonly SealedRow[], devices: number): readonly SealedRow[] {
  return rows.filter(({ bytes }) => bytes.includes('"to":"retrying"')).slice(0, devices)
    .reduce<readonly SealedRow[]>(
      (edited, { seq }) =>
        forged(edited, seq, (header) => {
          const { moves } = header.outcome as { moves: { task: string }[] };
          const failed = { ...moves[0]!, attempt: 1, to: "failed" };
          const effects = [{ task: moves[0]!.task, type: "sendFailed" }];
          header.outcome = { effects, moves: [failed] };
        }),
      rows,
    );
}

/** What is seen, and whether it takes over. */
async function seen(log: Log, isAccepted = false, paper = new Paper(false)): Promise<string> {
  const by = { version: "0.2.0", sha256, isAccepted };
  await takeOver(log, by, takeOverScreen(paper))
    .catch((error) => paper.write(`${error.message}\n`));
  return paper.text;
}

/** Whoever reads it fails. */
const closed: Pick<Log, "lastSeq" | "rows"> = {
  lastSeq: () => assert.fail("the log is read"),
  rows: () => assert.fail("the log is read"),
};

Deno.test("takeOver() reads nothing of a log of the same version, however long, and says nothing", async () => {
  const { newest } = logOf(await written("0.2.0"));
  assert.equal(await seen({ newest, ...closed }), "");
});

Deno.test("takeOver() says nothing of a new log", async () => {
  assert.equal(await seen(logOf([])), "");
});

Deno.test("takeOver() says one line of a log that would have been decided so", async () => {
  const rows = await written("0.1.0", 170);
  const count = `1,${String(rows.length).slice(1)}`;
  assert.equal(
    await seen(logOf(rows)),
    `otalog 0.2.0 takes over from otalog 0.1.0: ${count} rows decided again, all the same\n`,
  );
  const silent = await written(undefined);
  assert.equal(
    await seen(logOf(silent)),
    `otalog 0.2.0 takes over from an earlier otalog: ${silent.length} rows decided again, all the same\n`,
  );
});

Deno.test("takeOver() asks the last engine that started which it was", async () => {
  const b = await bench({ version: "0.1.0" });
  await b.restart("0.2.0");
  assert.equal(await seen({ newest: logOf(b.store.rows).newest, ...closed }), "");
  await b.restart("0.1.0");
  assert.match(await seen(logOf(b.store.rows)), /^otalog 0\.2\.0 takes over from otalog 0\.1\.0: /);
});

Deno.test("takeOver() lists what would have been decided otherwise, and refuses unless that is accepted", async () => {
  const rows = otherwise(await written("0.1.0", 3), 2);
  const [first, second] = rows.filter(({ bytes }) => bytes.includes("sendFailed"));
  const found = `otalog 0.2.0 takes over from otalog 0.1.0: ${rows.length} rows decided again`;
  const task = (n: number) => `OTA_20231114_00${n}`;
  const logSays = (n: number) => `${task(n)} offered → failed #1 (wrong_digest), sendFailed`;
  const decides = (n: number) => `${task(n)} offered → retrying #2 (wrong_digest), sendRetry`;
  const lines = [
    `${found}, 2 streams otherwise:`,
    `row  stream           ${"the log says".padEnd(logSays(1).length)}  otalog 0.2.0 would decide`,
    `${first!.seq}   device/dev-0000  ${logSays(1)}  ${decides(1)}`,
    `${second!.seq}   device/dev-0001  ${logSays(2)}  ${decides(2)}`,
  ];
  const refusal = "Cannot take over from otalog 0.1.0: otalog 0.2.0 would have decided 2 streams " +
    "of the log otherwise. Start the former version again, or accept that with --take-over: then " +
    '"deno task replay" stops at the first of these rows.';
  const accepted = 'Accepted: "deno task replay" stops at the first of these rows.';
  assert.deepEqual((await seen(logOf(rows))).split("\n"), [...lines, refusal, ""]);
  assert.deepEqual((await seen(logOf(rows), true)).split("\n"), [...lines, accepted, ""]);
});

Deno.test("takeOver() counts what it does not list, and shows where words are the same", async () => {
  const rows = otherwise(await written("0.1.0", 22), 22);
  const many = (await seen(logOf(rows))).split("\n");
  assert.match(many[0]!, /, 22 streams otherwise:$/);
  assert.equal(many.length, 1 + 1 + 20 + 1 + 1 + 1);
  assert.equal(many[22], "and 2 streams more");

  // Two that differ in what is not said in words.
  const same = await written("0.1.0");
  const { seq } = same.find(({ bytes }) => bytes.includes('"fetched":0'))!;
  const edited = forged(same, seq, (header) => {
    const { moves, effects } = header.outcome as { moves: object[]; effects: object[] };
    header.outcome = { effects, moves: [{ ...moves[0], fetched: 7 }] };
  });
  const row = (await seen(logOf(edited))).split("\n")[2]!;
  assert.match(row, /outcome: …[^…]*"fetched":7.*…[^…]*"fetched":0/);
});

Deno.test("takeOver() shows how far it is on a terminal, and stops when it is told to", async () => {
  const rows = await written("0.1.0", 170);
  const paper = new Paper(true, false);
  const shown = (await seen(logOf(rows), false, paper)).replace("\x1b", "ESC");
  assert.match(shown, /^\r█+░+ 1000 of \d+ rows\r█+ (\d+) of \1 rows\rESC\[2Kotalog /);
  const stop = new AbortController();
  const tell = () => assert.fail("it went on");
  const by = { version: "0.2.0", sha256, isAccepted: true };
  const progress = () => stop.abort(new Error("Asked to end."));
  await assert.rejects(
    takeOver(logOf(rows), by, { progress, tell, stop: stop.signal }),
    /^Error: Asked to end\.$/,
  );
});
