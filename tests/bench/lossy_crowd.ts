/** A thousand devices that upgrade where of ten segments three are lost: whether all do, and what comes twice. */
import { IMAGE_BYTES, lossy } from "./crowd/lossy.ts";
import { Figures } from "./figures.ts";
import type { Measurement } from "./figures.ts";

/** Each device fetches by whichever way is better. */
export const lossyCrowd: Measurement = {
  name: "lossy-crowd",
  summary: "A thousand devices where 30 % is lost: who comes through, what comes twice",
  isLong: true,
  run: async ({ isQuick, runs, folder, say }) => {
    const devices = isQuick ? 20 : 1_000;
    const figures = new Figures();
    for (let run = 1; run <= runs; run++) {
      const own = `${folder}/${run}`;
      await Deno.mkdir(own);
      const told = (what: string) => say(`${what}, run ${run}`);
      const { seconds, came, given, carried, losses } = await lossy(own, devices, told);
      const all = devices * IMAGE_BYTES;
      figures.add(`of ${devices} devices came through`, "", came.succeeded);
      figures.add("all have in", "s", seconds);
      figures.add("came twice, as the devices count", "%", 100 * came.repeated / all);
      figures.add("was given twice, as the engine counts", "%", 100 * given.repeated / all);
      figures.add("given ÷ images", "×", given.bytes / all);
      figures.add("carried, with messages ÷ images", "×", carried / all);
      figures.add("segments lost", "", losses);
      figures.add("switches of a device", "", came.switches / devices);
      await Deno.remove(own, { recursive: true });
    }
    return figures.list();
  },
};
