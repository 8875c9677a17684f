/** Whether the engine's memory stays flat while a large image goes up, and down to many readers. */
import { randomBytes } from "node:crypto";
import { Figures } from "./figures.ts";
import type { Measurement } from "./figures.ts";
import { serve } from "./serve.ts";
import type { Serve } from "./serve.ts";

const MIB = 1_048_576;
const READERS = 10;

/** The resident set of the real process, for a small image and then for a large one. */
export const imageMemory: Measurement = {
  name: "image-memory",
  summary: `Memory of the engine while an image goes up, and down to ${READERS} readers`,
  run: async ({ isQuick, runs, folder, say }) => {
    const [small, large] = isQuick ? [1, 4] : [32, 1024];
    const figures = new Figures();
    for (let run = 1; run <= runs; run++) {
      say(`${large} MiB up and down, run ${run}`);
      const data = `${folder}/image-${run}`;
      {
        await using engine = await serve(data);
        const atRest = await engine.rss.atRest();
        figures.add("at rest before", "MiB", atRest);
        const least = await transfer(engine, small, figures);
        const most = await transfer(engine, large, figures);
        figures.add("at rest after", "MiB", await engine.rss.atRest());
        figures.add("greatest growth", "MiB", most - atRest);
        figures.add(`growth beyond that of ${small} MiB`, "MiB", most - least);
      }
      await Deno.remove(data, { recursive: true });
    }
    return figures.list();
  },
};

/** The greatest resident set while the image goes up and down. */
async function transfer(engine: Serve, mib: number, figures: Figures): Promise<number> {
  const { rss } = engine;
  rss.forgetPeak();
  const upMs = await upload(engine, mib);
  const up = rss.peak();
  rss.forgetPeak();
  const downMs = await download(engine, mib);
  const down = rss.peak();
  figures.add(`${mib} MiB up, peak`, "MiB", up);
  figures.add(`${mib} MiB up`, "MiB/s", mib / upMs * 1000);
  figures.add(`${mib} MiB down, peak`, "MiB", down);
  figures.add(`${mib} MiB down, all readers`, "MiB/s", READERS * mib / downMs * 1000);
  return Math.max(up, down);
}

async function upload({ httpUrl, authorization }: Serve, mib: number): Promise<number> {
  const part = new Uint8Array(randomBytes(MIB));
  let left = mib;
  const body = new ReadableStream<Uint8Array<ArrayBuffer>>({
    pull: (controller) => left-- > 0 ? controller.enqueue(part) : controller.close(),
  });
  const started = performance.now();
  const headers = { authorization, "content-length": `${mib * MIB}` };
  const response = await fetch(`${httpUrl}/firmware/1.0.${mib}`, { method: "PUT", headers, body });
  await must(response, 201).body?.cancel();
  return performance.now() - started;
}

async function download({ httpUrl, authorization }: Serve, mib: number): Promise<number> {
  const headers = { authorization };
  const started = performance.now();
  await Promise.all(Array.from({ length: READERS }, async () => {
    const response = must(await fetch(`${httpUrl}/firmware/1.0.${mib}.bin`, { headers }), 200);
    let bytes = 0;
    for await (const part of response.body!) bytes += part.length;
    if (bytes !== mib * MIB) throw new Error(`A reader got ${bytes} bytes of ${mib} MiB`);
  }));
  return performance.now() - started;
}

function must(response: Response, status: number): Response {
  if (response.status === status) return response;
  throw new Error(`${response.url} answered ${response.status}`);
}
