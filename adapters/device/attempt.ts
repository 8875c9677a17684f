/** One attempt: fetch what is missing, check it, and tell the engine the digest of all of it. */
import { randomUUID } from "node:crypto";
import type { Metadata } from "../../core/mod.ts";
import { chunkBounds } from "../../firmware/mod.ts";
import { download, retrying } from "./download.ts";
import type { Faults } from "./faults.ts";
import { fetchChunkDigests } from "./http.ts";
import type { DeviceLink } from "./link.ts";
import type { DeviceMemory } from "./memory.ts";
import type { DeviceEvent, DeviceOptions } from "./options.ts";
import type { Span } from "./spans.ts";
import type { Tally } from "./tally.ts";

/** Progress is reported each time so many percent more are stored. */
const REPORT_EVERY_PERCENT = 5;

/** What a device is made of. */
export interface Parts {
  readonly options: DeviceOptions;
  readonly memory: DeviceMemory;
  readonly link: DeviceLink;
  readonly faults: Faults;
  readonly tally: Tally;
  readonly emit: (event: DeviceEvent) => void;
}

/** Goes through one attempt. @throws whatever {@link download} throws. */
export async function runAttempt(
  parts: Parts,
  metadata: Metadata,
  signal: AbortSignal,
): Promise<void> {
  const { memory, faults, emit } = parts;
  const { task_id, checksum, size, attempt, chunk_bytes } = metadata;
  await memory.begin(task_id, checksum, size);
  emit({ type: "state", state: "downloading", detail: `attempt ${attempt}` });
  for (const detail of faults.warnings(size, chunk_bytes)) {
    emit({ type: "state", state: "ignored", detail });
  }
  await fetchMissing(parts, metadata, signal);
  await verify(parts, metadata, signal);
}

async function fetchMissing(
  { options: { token }, memory, link, faults, tally, emit }: Parts,
  metadata: Metadata,
  signal: AbortSignal,
): Promise<void> {
  const { task_id, attempt, size } = metadata;
  const percentNow = () => Math.floor(100 * memory.received / size);
  let reported = percentNow();
  await download({
    metadata,
    memory,
    faults,
    token,
    signal,
    requested: () => void tally.requests++,
    received: (bytes) => void (tally.bytesFetched += bytes),
    stored: async (index) => {
      const { received } = memory;
      tally.chunks.push(index);
      emit({ type: "chunk", index });
      emit({ type: "stored", received, size });
      if (percentNow() < reported + REPORT_EVERY_PERCENT && received < size) return;
      reported = percentNow();
      await link.report("progress", { task_id, attempt, received });
    },
  });
}

/** What turns out bad is missing again, so that the next attempt knows what to fetch. */
async function verify(parts: Parts, metadata: Metadata, signal: AbortSignal): Promise<void> {
  const { options, memory, link, emit } = parts;
  const { task_id, attempt, size } = metadata;
  emit({ type: "state", state: "verifying" });
  const checksum = await memory.checksum(0, size);
  const isRight = checksum === metadata.checksum;
  // A simple device (`corruptAlways`) checks the whole only; others name the chunks that are bad.
  const bad = isRight || options.corruptAlways ? [] : await badChunks(parts, metadata, signal);
  if (!isRight) {
    memory.kept.task!.missing = bad.length > 0 ? bad.map(({ span }) => span) : [[0, size]];
    await memory.save();
  }
  signal.throwIfAborted();
  await link.report("verify", {
    task_id,
    attempt,
    id: randomUUID(),
    checksum,
    ...(bad.length > 0 ? { bad_chunks: bad.map(({ index }) => index) } : {}),
  });
}

async function badChunks(
  { options: { token }, memory }: Parts,
  metadata: Metadata,
  signal: AbortSignal,
): Promise<{ index: number; span: Span }[]> {
  const digests = await retrying(signal, () => fetchChunkDigests(metadata, token, signal));
  const bad: { index: number; span: Span }[] = [];
  for (const [index, digest] of digests!.entries()) {
    const { start, end } = chunkBounds(metadata.size, metadata.chunk_bytes, index)!;
    if (await memory.checksum(start, end) !== digest) bad.push({ index, span: [start, end] });
  }
  return bad;
}

/** The digest was right: boot it, and say so (completion `booted`). */
export async function install(
  { memory, link, emit }: Parts,
  { task_id, version }: Metadata,
): Promise<void> {
  const say = (status: string, more = {}) =>
    link.report("status", { task_id, status, id: randomUUID(), ...more });
  for (const status of ["installing", "rebooting"]) {
    emit({ type: "state", state: status });
    await say(status);
  }
  memory.kept.version = version;
  await memory.save();
  await say("booted", { version });
}
