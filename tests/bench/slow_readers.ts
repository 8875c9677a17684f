/** What ten thousand slow readers cost the engine's process, and those who want something else of it. */
import { slowReaders, WAYS } from "./crowd/slow_readers.ts";
import type { Crowded, Way } from "./crowd/slow_readers.ts";
import { Figures, quantile } from "./figures.ts";
import type { Measurement } from "./figures.ts";

/** Readers of the image by its digest, then of the same by its version. */
export const slowReadersMemory: Measurement = {
  name: "slow-readers",
  summary: "Memory of the engine per slow reader, and the wait of reports meanwhile",
  isLong: true,
  run: async ({ isQuick, runs, folder, say }) => {
    const count = isQuick ? 50 : 10_000;
    const figures = new Figures();
    for (let run = 1; run <= runs; run++) {
      for (const way of WAYS) {
        const data = `${folder}/readers-${way}-${run}`;
        const told = (text: string) => say(`${text}, run ${run}`);
        note(
          figures,
          way,
          count,
          await slowReaders(data, { [way]: count }, isQuick ? 500 : 15_000, told),
        );
        await Deno.remove(data, { recursive: true });
      }
    }
    return figures.list();
  },
};

function note(figures: Figures, way: Way, count: number, crowded: Crowded): void {
  const { restMib, peakMib, alone, among, counts } = crowded;
  const name = `${count} readers of /${way}/…`;
  figures.add(`${name}, still reading`, "", counts[0]!.open - counts[0]!.starved);
  figures.add(`${name}, peak`, "MiB", peakMib);
  figures.add(`${name}, each`, "KiB", (peakMib - restMib) * 1_024 / count);
  for (const what of ["progress", "healthz"] as const) {
    figures.add(`${name}, ${what}, p99`, "ms", quantile(among[what], 0.99));
    figures.add(`${name}, ${what}, p99 without them`, "ms", quantile(alone[what], 0.99));
  }
}
