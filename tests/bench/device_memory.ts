/** What a large fleet that has nothing to do costs: memory at rest, and after each asked once. */
import { Child } from "./child.ts";
import { Figures } from "./figures.ts";
import type { Measurement } from "./figures.ts";
import { loginOf, quietEngine, register } from "./made_log.ts";
import type { VisitsTask } from "./scripts/visits.ts";
import { serve } from "./serve.ts";

/** The real process on a folder where so many devices are registered. */
export const deviceMemory: Measurement = {
  name: "device-memory",
  summary: "Memory of the engine with many idle devices, and after each asked once",
  run: async ({ isQuick, runs, folder, say }) => {
    const count = isQuick ? 500 : 100_000;
    const [none, many] = [`${folder}/none`, `${folder}/many`];
    say(`registering ${count} devices`);
    {
      await using quiet = await quietEngine(many);
      await register(quiet.engine, Array.from({ length: count }, (_, number) => loginOf(number)));
    }
    const figures = new Figures();
    for (let run = 1; run <= runs; run++) {
      say(`${count} devices ask, run ${run}`);
      const empty = await atRest(none);
      await using engine = await serve(many);
      const idle = await engine.rss.atRest();
      engine.rss.forgetPeak();
      const seconds = await visit({ mqttUrl: engine.mqttUrl, count });
      const peak = engine.rss.peak();
      figures.add("no devices, at rest", "MiB", empty);
      figures.add(`${count} devices, at rest`, "MiB", idle);
      figures.add("peak while each asks", "MiB", peak);
      figures.add("after each asked once", "MiB", await engine.rss.atRest());
      figures.add("logins and requests", "devices/s", count / seconds);
    }
    return figures.list();
  },
};

async function atRest(data: string): Promise<number> {
  await using engine = await serve(data);
  return await engine.rss.atRest();
}

async function visit(task: VisitsTask): Promise<number> {
  await using child = Child.script("visits", task);
  return Number(await child.line("seconds "));
}
