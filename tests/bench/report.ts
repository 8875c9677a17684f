/** What a person and a program are shown of a measurement. */
import { paint } from "../../adapters/cli/mod.ts";
import type { Screen } from "../../adapters/cli/mod.ts";
import { median } from "./figures.ts";
import type { Figure, Measurement } from "./figures.ts";

/** A measurement that was made. */
export interface Measured {
  readonly name: string;
  readonly seconds: number;
  /** The slowest of several runs of the same fixed job as a multiple of the fastest (`noise.ts`). */
  readonly noise: number;
  readonly figures: readonly Figure[];
}

/** What a program is given: every run, and the median. */
export function toJson(measured: readonly Measured[]): string {
  return JSON.stringify(measured.map(({ figures, ...rest }) => ({
    ...rest,
    figures: figures.map((figure) => ({ ...figure, median: median(figure.values) })),
  })));
}

/** A line for each figure: its median, then the least and the greatest of its runs. */
export function measuredText(
  screen: Screen,
  { summary, table }: Measurement,
  { name, seconds, noise, figures }: Measured,
): string {
  const lines = table ? tableLines(table(figures)) : figureLines(figures);
  const runs = `${figures[0]?.values.length ?? 0} runs in ${seconds.toFixed(0)} s`;
  const trust = `${runs}; noise ${
    noise.toFixed(2)
  } × (the slowest to the fastest of identical jobs)`;
  return [
    `${paint(screen, "bold", name)}  ${summary}`,
    ...lines,
    paint(screen, "dim", `  ${trust}`),
    "",
    "",
  ].join("\n");
}

function figureLines(figures: readonly Figure[]): string[] {
  const rows = figures.map(({ name, unit, values }) => {
    const [least, most] = [Math.min(...values), Math.max(...values)].map(numberText);
    return [name, numberText(median(values)), unit, `${least} to ${most}`] as const;
  });
  const widths = widthsOf(rows);
  return rows.map(([name, middle, unit, spread]) =>
    [`  ${name.padEnd(widths[0]!)}`, middle.padStart(widths[1]!), unit.padEnd(widths[2]!), spread]
      .join("  ")
  );
}

/** What the rows are about, and their cells below one another. */
function tableLines(rows: readonly string[][]): string[] {
  const [first, ...others] = widthsOf(rows);
  return rows.map(([name, ...cells]) =>
    [`  ${name!.padEnd(first!)}`, ...cells.map((cell, n) => cell.padStart(others[n]!))].join("  ")
  );
}

function widthsOf(rows: readonly (readonly string[])[]): number[] {
  return rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
}

/** Three digits that mean something, whatever the size. */
export function numberText(value: number): string {
  const size = Math.abs(value);
  return size >= 100 ? String(Math.round(value)) : value.toFixed(size >= 10 ? 1 : 2);
}
