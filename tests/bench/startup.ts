/** How long an engine needs from the start of its process to `ready`, with a short log and a long one. */
import { assertReplays } from "../e2e/house.ts";
import { Figures } from "./figures.ts";
import type { Measurement } from "./figures.ts";
import { makeLog } from "./made_log.ts";
import { serve } from "./serve.ts";

/** A start is short, so many of them cost little and say more. */
const STARTS_PER_RUN = { quick: 1, full: 3 };

/** The real process on logs that the real engine made; the short one is replayed before. */
export const startup: Measurement = {
  name: "startup",
  summary: "From the start of the process to ready: with a long log, beside a short one",
  run: async ({ isQuick, runs, folder, say }) => {
    const [short, long] = [`${folder}/short`, `${folder}/long`];
    say("making the logs");
    const shortRows = await makeLog(short, isQuick ? 500 : 10_000);
    await assertReplays(short);
    const longRows = await makeLog(long, isQuick ? 5_000 : 1_000_000);
    const figures = new Figures();
    // The first start of all would pay for whatever the machine has not loaded yet.
    await readyMs(short);
    const starts = runs * (isQuick ? STARTS_PER_RUN.quick : STARTS_PER_RUN.full);
    for (let start = 1; start <= starts; start++) {
      say(`start ${start}`);
      const [shortMs, longMs] = [await readyMs(short), await readyMs(long)];
      figures.add(`ready with ${shortRows} rows`, "ms", shortMs);
      figures.add(`ready with ${longRows} rows`, "ms", longMs);
      figures.add("long to short, ratio", "×", longMs / shortMs);
    }
    return figures.list();
  },
};

async function readyMs(data: string): Promise<number> {
  await using engine = await serve(data);
  return engine.readyMs;
}
