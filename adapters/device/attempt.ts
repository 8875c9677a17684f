/** One attempt: fetch what is missing, check it, and tell the engine the digest of all of it. */
import { randomUUID } from "node:crypto";
import type { Metadata } from "../../core/mod.ts";
import { chunkBounds } from "../../firmware/mod.ts";
import { install } from "./boot.ts";
import { chunkDigests } from "./digests.ts";
import { fetchMissing } from "./fetch_missing.ts";
import type { Parts } from "./parts.ts";
import type { Span } from "./spans.ts";

/** Goes through one attempt. @throws whatever {@link fetchMissing} throws. */
export async function runAttempt(
  parts: Parts,
  metadata: Metadata,
  signal: AbortSignal,
): Promise<void> {
  const { memory, faults, emit } = parts;
  const { task_id, checksum, size, attempt, chunk_bytes } = metadata;
  faults.passes("metadata");
  await memory.begin(task_id, checksum, size);
  emit({ type: "state", state: "downloading", detail: `attempt ${attempt}` });
  for (const detail of faults.warnings(size, chunk_bytes)) {
    emit({ type: "state", state: "ignored", detail });
  }
  await fetchMissing(parts, metadata, signal);
  const isRight = await verify(parts, metadata, signal);
  // Whoever is trusted to check by itself asks nobody whether to go on.
  if (isRight && metadata.completion === "reported") await install(parts, metadata);
}

/** What turns out bad is missing again, so that the next attempt knows what to fetch. */
async function verify(parts: Parts, metadata: Metadata, signal: AbortSignal): Promise<boolean> {
  const { memory, say, faults, emit } = parts;
  const { task_id, attempt, size, completion } = metadata;
  emit({ type: "state", state: "verifying" });
  const stored = await memory.checksum(0, size);
  const isSound = stored === metadata.checksum;
  const bad = isSound || !faults.namesBadChunks ? [] : await badChunks(parts, metadata, signal);
  if (!isSound) {
    memory.kept.task!.missing = bad.length > 0 ? bad.map(({ span }) => span) : [[0, size]];
    await memory.save();
  }
  signal.throwIfAborted();
  const checksum = faults.claim(stored, metadata.checksum);
  const isRight = checksum === metadata.checksum;
  if (isRight && completion === "reported") return true;
  const bad_chunks = bad.map(({ index }) => index);
  await say("verify", {
    task_id,
    attempt,
    id: randomUUID(),
    checksum,
    ...(bad.length > 0 ? { bad_chunks } : {}),
  });
  return isRight;
}

async function badChunks(
  parts: Parts,
  metadata: Metadata,
  signal: AbortSignal,
): Promise<{ index: number; span: Span }[]> {
  const digests = await chunkDigests(parts, metadata, signal);
  const bad: { index: number; span: Span }[] = [];
  for (const [index, digest] of digests.entries()) {
    const { start, end } = chunkBounds(metadata.size, metadata.chunk_bytes, index)!;
    if (await parts.memory.checksum(start, end) !== digest) bad.push({ index, span: [start, end] });
  }
  return bad;
}
