/** What was found, for a person to read. */
import type { Hunted } from "./hunts.ts";

/** An aligned table: which bug, which invariant showed it, in which seed. */
export function tableOf(hunted: readonly Hunted[]): string {
  const rows = hunted.map(({ bug, invariant, seeds }) => [
    bug.name,
    invariant ?? "-",
    invariant === undefined ? `> ${seeds}` : String(seeds),
  ]);
  const lines = [["bug", "shown by", "seeds"], ...rows];
  const widths = [0, 1, 2].map((column) => Math.max(...lines.map((line) => line[column]!.length)));
  return lines.map(([name, invariant, seeds]) =>
    `${name!.padEnd(widths[0]!)}  ${invariant!.padEnd(widths[1]!)}  ${seeds!.padStart(widths[2]!)}`
  ).join("\n");
}
