/** A fleet that comes at once, served at a rate: once as the engine tells it, once as if it told nothing. */
import { makeFleet } from "./crowd/fleet.ts";
import { stampede } from "./crowd/stampede.ts";
import type { Patience } from "./crowd/stampede.ts";
import { Figures } from "./figures.ts";
import type { Measurement } from "./figures.ts";
import { loginOf } from "./made_log.ts";
import { serve } from "./serve.ts";

const IMAGE_BYTES = 100_000;
/** The rate serves all of them in so long. */
const SECONDS = 10;

const patiences: readonly [string, Patience][] = [["as told", "as told"], ["every second", 1]];

/** How many requests it takes, and how many come in the busiest second after the first. */
export const comingAtOnce: Measurement = {
  name: "stampede",
  summary: "A fleet that comes at once, at a rate: told when to come back, or not",
  run: async ({ isQuick, runs, folder, say }) => {
    const count = isQuick ? 40 : 1_000;
    const figures = new Figures();
    for (let run = 1; run <= runs; run++) {
      for (const [name, patience] of patiences) {
        say(`${count} devices come at once, ${name}, run ${run}`);
        const data = `${folder}/stampede-${run}-${patience}`;
        const { seconds, asked } = await comeAtOnce(data, count, isQuick ? 2 : SECONDS, patience);
        const [, ...later] = seconds.map(({ asked }) => asked);
        figures.add(`${name}, all served`, "s", seconds.length);
        figures.add(`${name}, requests`, "", asked.reduce((sum, times) => sum + times, 0));
        figures.add(`${name}, most in a later second`, "", Math.max(...later));
        await Deno.remove(data, { recursive: true });
      }
    }
    return figures.list();
  },
};

/** Lets so many devices come; the engine's rate serves them in so many seconds. */
export async function comeAtOnce(
  data: string,
  count: number,
  inSeconds: number,
  patience: Patience,
): ReturnType<typeof stampede> {
  const sha256 = await makeFleet(data, count, IMAGE_BYTES);
  const rate = Math.ceil(count * IMAGE_BYTES / inSeconds);
  await using engine = await serve(data, ["--fleet-rate", String(rate)]);
  const urls = [`${engine.httpUrl}/artifacts/${sha256}`];
  const comers = Array.from({ length: count }, (_, n) => ({ token: loginOf(n).token, urls }));
  return await stampede(comers, patience);
}
