/** The networks as a person sees them: a line for each, with what is compared side by side. */
import { median } from "../figures.ts";
import type { Figure } from "../figures.ts";
import { numberText } from "../report.ts";

/** Bytes of the image that came, as a multiple of its size. */
export const BYTES = "bytes ÷ image";
/** How long it took, as a multiple of the ideal. */
export const TIME = "time ÷ ideal";
/** How often the bytes came by the other transport from then on. */
export const SWITCHES = "switches";
/** The share of devices that came to the end within the limit. */
export const ENDED = "ended";
/** How long it took as recommended, as a multiple of what the better transport alone took. */
export const RATIO = "auto ÷ the better";

const heads = [
  ["", BYTES, "", "", TIME, "", "", SWITCHES, RATIO, ""],
  ["", "http", "mqtt", "auto", "http", "mqtt", "auto", "auto", "", "least to most"],
];

/** Its rows; a time with > in front is the limit, which some did not keep. */
export function table(figures: readonly Figure[]): string[][] {
  const values = new Map(figures.map(({ name, values }) => [name, values]));
  const names = new Set(figures.map(({ name }) => name.split(", ")[0]!));
  const rows = [...names].map((network) => {
    const of = (what: string) => median(values.get(`${network}, ${what}`)!);
    const timeOf = (mode: string) => {
      const time = numberText(of(`${mode}, ${TIME}`));
      return of(`${mode}, ${ENDED}`) < 1 ? `> ${time}` : time;
    };
    const modes = ["http", "mqtt", "auto"];
    const ratios = values.get(`${network}, ${RATIO}`)!;
    return [
      network,
      ...modes.map((mode) => numberText(of(`${mode}, ${BYTES}`))),
      ...modes.map(timeOf),
      numberText(of(`auto, ${SWITCHES}`)),
      numberText(of(RATIO)),
      [Math.min(...ratios), Math.max(...ratios)].map(numberText).join(" to "),
    ];
  });
  return [...heads, ...rows];
}
