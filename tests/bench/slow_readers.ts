/** What ten thousand slow readers cost the engine's process, and those who want something else of it. */
import { slowReaders, WAYS } from "./crowd/slow_readers.ts";
import type { Crowded, Way } from "./crowd/slow_readers.ts";
import { Figures, quantile } from "./figures.ts";
import type { Measurement } from "./figures.ts";

type Readers = Partial<Record<Way, number>>;

/** Readers of the image by its digest, then of the same by its version. */
export const slowReadersMemory: Measurement = {
  name: "slow-readers",
  summary: "Memory of the engine per slow reader, and the wait of reports meanwhile",
  isLong: true,
  run: async ({ isQuick, runs, folder, say }) => {
    const crowds: Readers[] = isQuick
      ? [{ artifacts: 25, firmware: 25 }]
      : WAYS.map((way) => ({ [way]: 10_000 }));
    const figures = new Figures();
    for (let run = 1; run <= runs; run++) {
      for (const readers of crowds) {
        const data = `${folder}/slow-readers`;
        const told = (text: string) => say(`${text}, run ${run}`);
        note(figures, readers, await slowReaders(data, readers, isQuick ? 700 : 15_000, told));
        await Deno.remove(data, { recursive: true });
      }
    }
    return figures.list();
  },
};

function note(figures: Figures, readers: Readers, crowded: Crowded): void {
  const { restMib, peakMib, alone, among, counts } = crowded;
  const count = Object.values(readers).reduce((sum, one) => sum + one, 0);
  const name = `${count} readers of ${
    Object.keys(readers).map((way) => `/${way}/…`).join(" and ")
  }`;
  const reading = counts.reduce((sum, { open, starved }) => sum + open - starved, 0);
  figures.add(`${name}, still reading`, "", reading);
  figures.add(`${name}, peak`, "MiB", peakMib);
  figures.add(`${name}, each`, "KiB", (peakMib - restMib) * 1_024 / count);
  for (const what of ["progress", "healthz"] as const) {
    figures.add(`${name}, ${what}, p99`, "ms", quantile(among[what], 0.99));
    figures.add(`${name}, ${what}, p99 without them`, "ms", quantile(alone[what], 0.99));
  }
}
