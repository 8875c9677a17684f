/** What a measurement gives: figures with all their runs, so that nobody has to trust a single one. */

/** One figure, measured several times. */
export interface Figure {
  readonly name: string;
  /** `ms`, `MiB`, `rows/s`; `×` for a ratio. */
  readonly unit: string;
  /** One value for each run, in the order of the runs. */
  readonly values: readonly number[];
}

/** How much is measured. */
export interface Setting {
  /** Small numbers: to see that it works, not what it can do. */
  readonly isQuick: boolean;
  /** How often each figure is measured. */
  readonly runs: number;
  /** A folder of its own for the measurement; removed afterwards. */
  readonly folder: string;
  /** Says how far it is, to whoever looks at it. */
  say(text: string): void;
}

/** Something that can be measured. */
export interface Measurement {
  readonly name: string;
  readonly summary: string;
  /** Programs that must be installed; without them the measurement is left out. */
  readonly needs?: readonly string[];
  /** It takes long even with small numbers: there it is made only when it is named. */
  readonly isLong?: true;
  /** What a person is shown of the figures, instead of a line for each. */
  table?(figures: readonly Figure[]): string[][];
  run(setting: Setting): Promise<Figure[]>;
}

/** Figures that grow run by run, in the order of their first values. */
export class Figures {
  readonly #figures = new Map<string, { name: string; unit: string; values: number[] }>();

  /** One more value of a figure. */
  add(name: string, unit: string, value: number): void {
    const figure = this.#figures.get(name) ?? { name, unit, values: [] };
    figure.values.push(value);
    this.#figures.set(name, figure);
  }

  /** All of them. */
  list(): Figure[] {
    return [...this.#figures.values()];
  }
}

/** The value below which the share (0 to 1) of the values lies; the nearest rank. */
export function quantile(values: readonly number[], share: number): number {
  if (values.length === 0) throw new Error("There is no quantile of nothing.");
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)]!;
}

/** The sum, shared evenly. */
export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** The middle value; of an even number the lesser of the two in the middle. */
export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}
