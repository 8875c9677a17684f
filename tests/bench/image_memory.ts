/** Whether the engine's memory stays flat while a large image goes up, and down to many readers. */
import { randomBytes } from "node:crypto";
import { Figures } from "./figures.ts";
import type { Measurement } from "./figures.ts";
import { serve } from "./serve.ts";
import type { Serve } from "./serve.ts";

const MIB = 1_048_576;
const READERS = 10;

/** The resident set of the real process before, while and after. */
export const imageMemory: Measurement = {
  name: "image-memory",
  summary: `Memory of the engine while an image goes up, and down to ${READERS} readers`,
  run: async ({ isQuick, runs, folder, say }) => {
    const mib = isQuick ? 32 : 1024;
    const figures = new Figures();
    for (let run = 1; run <= runs; run++) {
      say(`${mib} MiB up and down, run ${run}`);
      const data = `${folder}/image-${run}`;
      {
        await using engine = await serve(data);
        await transfer(engine, mib, figures);
      }
      await Deno.remove(data, { recursive: true });
    }
    return figures.list();
  },
};

async function transfer(engine: Serve, mib: number, figures: Figures): Promise<void> {
  const { rss } = engine;
  const before = await rss.atRest();
  figures.add("at rest before", "MiB", before);
  rss.forgetPeak();
  const upMs = await upload(engine, mib);
  const up = rss.peak();
  figures.add(`peak while ${mib} MiB go up`, "MiB", up);
  rss.forgetPeak();
  const downMs = await download(engine, mib);
  const down = rss.peak();
  figures.add(`peak while ${READERS} readers take it`, "MiB", down);
  figures.add("at rest after", "MiB", await rss.atRest());
  figures.add("greatest growth", "MiB", Math.max(up, down) - before);
  figures.add("up", "MiB/s", mib / upMs * 1000);
  figures.add("down, all readers", "MiB/s", READERS * mib / downMs * 1000);
}

async function upload({ httpUrl, authorization }: Serve, mib: number): Promise<number> {
  const part = new Uint8Array(randomBytes(MIB));
  let left = mib;
  const body = new ReadableStream<Uint8Array<ArrayBuffer>>({
    pull: (controller) => left-- > 0 ? controller.enqueue(part) : controller.close(),
  });
  const started = performance.now();
  const headers = { authorization, "content-length": `${mib * MIB}` };
  const response = await fetch(`${httpUrl}/firmware/2.0.0`, { method: "PUT", headers, body });
  await must(response, 201).body?.cancel();
  return performance.now() - started;
}

async function download({ httpUrl, authorization }: Serve, mib: number): Promise<number> {
  const headers = { authorization };
  const started = performance.now();
  await Promise.all(Array.from({ length: READERS }, async () => {
    const response = must(await fetch(`${httpUrl}/firmware/2.0.0.bin`, { headers }), 200);
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
