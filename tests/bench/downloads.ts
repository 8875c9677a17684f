/** Ranges of an image a second, beside what nginx gives of the same file to the same client. */
import { startNginx } from "../support/nginx.ts";
import { freePort } from "../support/free_port.ts";
import type { Measurement } from "./figures.ts";
import { besideNginx, CONNECTIONS, fleet, imageIn, KIB, siteOf } from "./ranges.ts";
import { serve } from "./serve.ts";

const SIZES = [4 * KIB, 64 * KIB, 512 * KIB];

/** Requests for ranges over connections that are kept, in turns with nginx. */
export const downloads: Measurement = {
  name: "downloads",
  summary: `Ranges a second over ${CONNECTIONS} connections, beside nginx with two workers`,
  needs: ["nginx", "wrk"],
  run: async (setting) => {
    const { folder } = setting;
    const image = await imageIn(`${folder}/files`);
    const port = await freePort();
    await using _nginx = await startNginx(folder, siteOf(`${folder}/files`, port), port);
    await using engine = await serve(`${folder}/data`);
    return await besideNginx(setting, SIZES, await fleet(engine, image), port, "nginx");
  },
};
