/** What whoever erases personal data is told while another process reads the log. */
import assert from "node:assert/strict";
import { runErase } from "../../../adapters/cli/mod.ts";
import { erasedText } from "../../../adapters/cli/erase/view.ts";
import { bench } from "../../core/support/bench_engine.ts";
import { tagged } from "../../core/support/erased.ts";
import { Paper } from "./paper.ts";

Deno.test("runErase() erases, says that a file still has it, and fails for that", async () => {
  const b = await bench();
  await tagged(b, "lake-1", "at the lake");
  const paper = new Paper(false);
  const options = { device: "lake-1", data: "./data", json: true };
  const erase = (isScrubbed: boolean) =>
    runErase(options, paper, { engine: b.engine, isScrubbed: () => isScrubbed });
  await assert.rejects(
    erase(false),
    /^Error: Cannot overwrite what was erased: another process reads the log in \.\/data\./,
  );
  assert.equal(await erase(true), true);
  assert.deepEqual(paper.text.trimEnd().split("\n").map((line) => JSON.parse(line)), [
    { device_id: "lake-1", erased: 1, pending: true },
    { device_id: "lake-1", erased: 0, pending: false },
  ]);
});

Deno.test("erasedText() says when the engine will overwrite what a file still has", () => {
  const said = /^Another process reads the log: .*\nThe engine overwrites it some seconds after/m;
  assert.match(erasedText("lake-1", 2, true), said);
  assert.doesNotMatch(erasedText("lake-1", 2), said);
});
