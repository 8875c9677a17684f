/** Ranges of an image a second where nginx sends what the engine decides, beside nginx alone. */
import { siteOf as proxySiteOf } from "../e2e/behind_proxy.ts";
import { startNginx } from "../support/nginx.ts";
import { freePort } from "../support/free_port.ts";
import type { Measurement } from "./figures.ts";
import { besideNginx, CONNECTIONS, fleet, IMAGE_BYTES, imageIn, KIB, siteOf } from "./ranges.ts";
import { serve } from "./serve.ts";

const SIZES = [4 * KIB, 64 * KIB, 512 * KIB, IMAGE_BYTES];

/** Requests for ranges over connections that are kept, in turns with nginx alone. */
export const offload: Measurement = {
  name: "offload",
  summary: `Ranges a second over ${CONNECTIONS} connections that nginx sends, beside nginx alone`,
  needs: ["nginx", "wrk"],
  run: async (setting) => {
    const { folder } = setting;
    const image = await imageIn(`${folder}/files`);
    const [own, alone, before] = [await freePort(), await freePort(), await freePort()];
    const data = `${folder}/data`;
    const flags = ["--offload", "x-accel-redirect", "--public-url", `http://127.0.0.1:${before}`];
    await using engine = await serve(data, flags, `127.0.0.1:${own}`);
    const place = { engine: own, port: before, data };
    await using _before = await startNginx(folder, proxySiteOf("nginx", place), before);
    await using _alone = await startNginx(folder, siteOf(`${folder}/files`, alone), alone);
    return await besideNginx(setting, SIZES, await fleet(engine, image), alone, "nginx alone");
  },
};
