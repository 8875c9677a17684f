/** Ranges of an image a second, beside what nginx gives of the same file to the same client. */
import { startNginx } from "../support/nginx.ts";
import { freePort } from "../support/free_port.ts";
import { Figures } from "./figures.ts";
import type { Measurement } from "./figures.ts";
import { CONNECTIONS, fleet, imageIn, KIB, rate, siteOf } from "./ranges.ts";
import { serve } from "./serve.ts";

const SIZES = [4 * KIB, 64 * KIB, 512 * KIB];

/** Requests for ranges over connections that are kept, in turns with nginx. */
export const downloads: Measurement = {
  name: "downloads",
  summary: `Ranges a second over ${CONNECTIONS} connections, beside nginx with two workers`,
  needs: ["nginx", "wrk"],
  run: async ({ isQuick, runs, folder, say }) => {
    const figures = new Figures();
    const image = await imageIn(`${folder}/files`);
    const port = await freePort();
    await using _nginx = await startNginx(folder, siteOf(`${folder}/files`, port), port);
    await using engine = await serve(`${folder}/data`);
    const { path, tokens } = await fleet(engine, image);
    const seconds = isQuick ? 1 : 3;
    for (const rangeBytes of isQuick ? SIZES.slice(0, 1) : SIZES) {
      for (let run = 1; run <= runs; run++) {
        const name = `${rangeBytes / KIB} KiB`;
        say(`${name}, run ${run}`);
        const asked = { rangeBytes, seconds };
        const alone = `http://127.0.0.1:${port}/image`;
        const theirs = await rate({ ...asked, url: alone, tokens: ["none"] });
        const ours = await rate({ ...asked, url: engine.httpUrl + path, tokens });
        figures.add(name, "requests/s", ours);
        figures.add(`${name}, nginx`, "requests/s", theirs);
        figures.add(`${name}, to nginx`, "×", ours / theirs);
      }
    }
    return figures.list();
  },
};
