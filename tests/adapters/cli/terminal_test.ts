import assert from "node:assert/strict";
import { bar, bytesText, Lines, paint, table } from "../../../adapters/cli/mod.ts";
import { Paper } from "./paper.ts";

Deno.test("table() aligns columns and leaves no blanks at the ends", () => {
  assert.equal(table([["a", "bbb", ""], ["cc", "d", "e"]]), "a   bbb\ncc  d    e");
});

Deno.test("table() lets no cell move the cursor", () => {
  assert.equal(table([["a\x1b[2J", "b\nc"]]), "a·[2J  b·c");
});

Deno.test("paint() colours on a terminal only", () => {
  assert.equal(paint(new Paper(false), "red", "x"), "x");
  assert.equal(paint(new Paper(true), "red", "x"), "\x1b[31mx\x1b[0m");
});

Deno.test("Lines redraws in place on a terminal, and prints milestones elsewhere", () => {
  const paper = new Paper(false);
  const lines = new Lines(paper);
  lines.set("a", "a 0", false);
  lines.set("a", "a 1", true);
  lines.set("a", "a 1", true);
  assert.equal(paper.text, "a 1\n");
  const screen = new Paper(true);
  const live = new Lines(screen);
  live.set("a", "a 0", false);
  live.set("b", "b 0", false);
  live.set("a", "a 1", false);
  assert.equal(
    screen.text,
    "\x1b[2Ka 0\n" + "\x1b[1A\x1b[2Ka 0\n\x1b[2Kb 0\n" + "\x1b[2A\x1b[2Ka 1\n\x1b[2Kb 0\n",
  );
});

Deno.test("bar() and bytesText() say a share and a size", () => {
  assert.equal(bar(0.5, 4), "██░░");
  assert.equal(bar(7, 2), "██");
  assert.deepEqual([0, 1023, 2048, 3 * 1_048_576].map(bytesText), [
    "0 B",
    "1023 B",
    "2 KiB",
    "3.0 MiB",
  ]);
});
