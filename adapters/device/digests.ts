/** The digests of an image's chunks, by which a device finds out which of them are bad. */
import { DIGESTS_MAX } from "../../core/mod.ts";
import type { Metadata } from "../../core/mod.ts";
import { chunkCount } from "../../firmware/mod.ts";
import { other } from "./choice.ts";
import { fetchChunkDigests } from "./http.ts";
import type { Parts } from "./parts.ts";
import { pause } from "./pause.ts";
import { retrying } from "./retrying.ts";

/** An answer over MQTT that does not come in so long is asked for again. */
const ANSWER_MS = 10_000;
const NOT_CONNECTED = "The broker is not connected";

/** All of them, as `sha256:…`, by what the bytes come by, or by the other way when that fails. */
export async function chunkDigests(
  parts: Parts,
  metadata: Metadata,
  signal: AbortSignal,
): Promise<string[]> {
  const { choice, mode, options: { token } } = parts;
  const first = choice.main;
  /** Those that have come over MQTT, in their order: a later try goes on behind them. */
  const known: string[] = [];
  return await retrying(signal, async (tries) => {
    const isSecond = mode === "auto" && tries % 2 === 1;
    const by = isSecond ? other(first) : first;
    if (by === "http") return await fetchChunkDigests(metadata, token, signal);
    await fetchBatches(parts, metadata, known, signal);
    return known;
  });
}

async function fetchBatches(
  parts: Parts,
  metadata: Metadata,
  known: string[],
  signal: AbortSignal,
): Promise<void> {
  const total = chunkCount(metadata.size, metadata.chunk_bytes);
  while (known.length < total) {
    const count = Math.min(DIGESTS_MAX, total - known.length);
    known.push(...await fetchBatch(parts, metadata, known.length, count, signal));
  }
}

/** One batch. @throws {Error} when it does not come, or is not what was asked for. */
async function fetchBatch(
  { link: { line }, mail }: Parts,
  { task_id, chunk_bytes }: Metadata,
  from: number,
  count: number,
  signal: AbortSignal,
): Promise<string[]> {
  if (!line) throw new Error(NOT_CONNECTED);
  const { promise, resolve, reject } = Promise.withResolvers<string[]>();
  const over = new AbortController();
  using _ = mail.to({
    digests: ({ task_id: task, from: first, chunk_bytes: bytes, chunks }) => {
      const isIt = task === task_id && first === from && bytes === chunk_bytes;
      if (isIt && areDigests(chunks) && chunks.length === count) resolve(chunks);
    },
    refused: (code) => reject(new Error(`The engine does not give digests: ${code}`)),
    line: (isUp) => isUp || reject(new Error(NOT_CONNECTED)),
  });
  const late = async () => {
    await pause(ANSWER_MS, AbortSignal.any([signal, over.signal]));
    throw new Error("The digests of the chunks did not come");
  };
  const asked = line.ask("chunks/request", { task_id, from, count });
  try {
    return await Promise.race([promise, late(), asked.then(() => promise)]);
  } finally {
    over.abort();
  }
}

function areDigests(value: unknown): value is string[] {
  return Array.isArray(value) &&
    value.every((digest) => typeof digest === "string" && /^sha256:[0-9a-f]{64}$/.test(digest));
}
