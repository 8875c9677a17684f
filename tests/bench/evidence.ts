/** How fast an exported log is verified and decided again, beside hashing it, which nobody can spare. */
import { createHash } from "node:crypto";
import { replayStreams } from "../../adapters/cli/replay_streams/mod.ts";
import { sha256 } from "../../adapters/cli/sha256.ts";
import { runVerify } from "../../adapters/cli/mod.ts";
import { newLinesFile, openLogFile } from "../../adapters/files/mod.ts";
import { verifyEd25519 } from "../../adapters/host/mod.ts";
import { openReplica } from "../../adapters/sqlite/mod.ts";
import { checkBlock, isFault, LogCheck } from "../../core/evidence/mod.ts";
import { lineOf, linesIn } from "../../core/mod.ts";
import type { SealedRow } from "../../core/mod.ts";
import { StreamReplay } from "../../core/replay/side_by_side.ts";
import { Figures } from "./figures.ts";
import type { Measurement } from "./figures.ts";
import { makeLog } from "./made_log.ts";

/** Verified and decided again: in this thread, and as the commands do it. */
export const evidence: Measurement = {
  name: "evidence",
  summary: "Verify and replay of an exported log, on one core and on all, beside its hashes",
  run: async ({ isQuick, runs, folder, say }) => {
    say("making a log");
    await makeLog(`${folder}/evidence`, isQuick ? 1_000 : 100_000);
    const file = `${folder}/evidence.jsonl`;
    const rows = await exported(`${folder}/evidence`, file);
    const figures = new Figures();
    // Once unmeasured, so that every run finds the code compiled.
    for (let run = 0; run <= runs; run++) {
      say(`run ${run}`);
      await measureOnce(file, rows, run > 0 ? figures : new Figures());
    }
    return figures.list();
  },
};

async function measureOnce(file: string, rows: readonly SealedRow[], figures: Figures) {
  const rate = async (work: () => unknown) => {
    const started = performance.now();
    await work();
    return rows.length / (performance.now() - started) * 1000;
  };
  const hashes = await rate(() => hashAll(rows));
  const verify = await rate(() => verifyHere(file, rows.length));
  const replay = await rate(() => replayHere(file, rows.length));
  figures.add("hashes alone, one core", "rows/s", hashes);
  figures.add("verify, one core", "rows/s", verify);
  figures.add("verify ÷ hashes alone", "×", verify / hashes);
  figures.add("verify, all cores", "rows/s", await rate(() => verifyAll(file)));
  figures.add("replay, one core", "rows/s", replay);
  figures.add("replay ÷ hashes alone", "×", replay / hashes);
  figures.add("replay, all cores", "rows/s", await rate(() => replayAll(file)));
}

async function exported(folder: string, file: string): Promise<SealedRow[]> {
  const replica = await openReplica(folder);
  const rows = [...replica.rows()] as unknown as SealedRow[];
  replica.close();
  await newLinesFile(file, "--out")(rows.map((row) => lineOf(row)));
  return rows;
}

/** What a row and its leaf cost at the least: its bytes, its data, and one node of the tree. */
function hashAll(rows: readonly SealedRow[]): void {
  const node = new Uint8Array(65);
  for (const { bytes, data } of rows) {
    for (const what of [bytes, data, node]) createHash("sha256").update(what).digest("hex");
  }
}

function verifyHere(file: string, rows: number): void {
  const log = openLogFile(file);
  const check = new LogCheck(sha256);
  for (const { begin, bytes } of log.blocks()) {
    const summary = checkBlock(bytes, begin, [], sha256);
    const fault = isFault(summary) ? summary : check.take(summary);
    if (fault) throw new Error(`Row ${fault.seq}: ${fault.what}`);
  }
  log.close();
  if (check.rows !== rows) throw new Error(`Only ${check.rows} of ${rows} rows were verified.`);
}

async function verifyAll(file: string): Promise<void> {
  const log = openLogFile(file);
  const quiet = { isTerminal: false, isColoured: false, write: () => {} };
  const jobs = navigator.hardwareConcurrency;
  const options = {
    file,
    checkpoints: [],
    checkpoint: undefined,
    key: undefined,
    jobs,
    json: true,
  };
  const parts = { file: log, kept: undefined, key: undefined, verify: verifyEd25519 };
  if (!await runVerify(options, quiet, parts)) throw new Error("The log does not hold.");
  log.close();
}

function replayHere(file: string, rows: number): void {
  const bytes = Deno.readFileSync(file);
  const streams = new StreamReplay(sha256);
  let seq = 0;
  for (const { from, to } of linesIn(bytes)) {
    if (!streams.takeLine(bytes, from, to, ++seq)) throw new Error(`Row ${seq} diverges.`);
  }
  if (seq !== rows) throw new Error(`Only ${seq} of ${rows} rows were decided again.`);
}

async function replayAll(file: string): Promise<void> {
  const log = openLogFile(file);
  const { divergence } = await replayStreams(log.blocks(), navigator.hardwareConcurrency, () => {});
  log.close();
  if (divergence) throw new Error(`Row ${divergence.seq} diverges.`);
}
