/** The page about transports: it has every figure by which they are judged, and every reason. */
import assert from "node:assert/strict";
import { recommendationReasons } from "../../core/network/mod.ts";
import * as parameters from "../../core/network/parameters.ts";
import { worstInAnHour } from "../core/support/adversary.ts";
import { documentOf } from "./examples.ts";

const page = await documentOf("core/network/README.md");
const figures: Readonly<Record<string, number>> = parameters;

/** The cells of each row whose first cell names something. */
function rowsOf(text: string): string[][] {
  const rows = text.split("\n").filter((line) => line.startsWith("| `"));
  return rows.map((row) => row.split("|").slice(1, -1).map((cell) => cell.trim()));
}

/** The unit that a name ends with. */
function unitOf(name: string): string {
  if (name.includes("BYTES_PER_S")) return " bytes/s";
  if (name.includes("BYTES")) return " bytes";
  if (/_MS(_|$)/.test(name)) return " ms";
  return /_S(_|$)/.test(name) ? " s" : "";
}

Deno.test("core/network/README.md has a row for each parameter, with its figure and a reason", () => {
  const rows = rowsOf(page.slice(page.indexOf("## The figures")));
  const expected = Object.entries(figures).map(([name, figure]) => [
    `\`${name}\``,
    `${String(figure).replaceAll(/\B(?=(\d{3})+$)/g, ",")}${unitOf(name)}`,
  ]);
  assert.deepEqual(
    rows.map(([name, figure]) => [name, figure]).toSorted(),
    expected.toSorted(),
  );
  for (const [name, , why] of rows) assert.ok(why!.length > 10, `${name} has no reason`);
});

Deno.test("core/network/README.md names no parameter that there is not, and every reason", () => {
  for (const [, name] of page.matchAll(/`([A-Z_]{3,})`/g)) assert.ok(figures[name!], `${name}`);
  for (const reason of recommendationReasons) assert.ok(page.includes(`\`${reason}\``), reason);
});

Deno.test("core/network/README.md says how often a device may be made to switch", () => {
  const [, often, flapping] = /switch (\d+) times in an hour at most, and (\d+) times/.exec(
    page.replaceAll("\n", " "),
  )!;
  assert.deepEqual([Number(often), Number(flapping)], [worstInAnHour(false), worstInAnHour(true)]);
});

Deno.test("core/network/README.md: its parameters fit each other as it says", () => {
  const { LOW_SCORE, HIGH_SCORE, UNKNOWN_SCORE, LATE_SHARE, CHUNK_BYTES_MOST } = parameters;
  assert.equal(UNKNOWN_SCORE, (LOW_SCORE + HIGH_SCORE) / 2);
  assert.ok(LATE_SHARE > LOW_SCORE, "lateness alone never makes a transport bad");
  assert.equal(parameters.REPEATED_BYTES, CHUNK_BYTES_MOST);
  assert.equal(parameters.ADJUST_MS, 4 * parameters.STEADY_MS);
});
