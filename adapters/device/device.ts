/**
 * A virtual device: reports over MQTT and fetches over HTTP as a real one would, stores the image in
 * a file, checks every chunk and the whole, resumes where it stopped, and fails on demand.
 */
import { randomUUID } from "node:crypto";
import type { Metadata } from "../../core/mod.ts";
import { chunkBounds, chunkCount } from "../../firmware/mod.ts";
import { Cut, fetchChunk, fetchChunkDigests, pause } from "./download.ts";
import type { DownloadHooks } from "./download.ts";
import { DeviceLink } from "./link.ts";
import { DeviceMemory } from "./memory.ts";
import type { DeviceEnd, DeviceEvent, DeviceOptions, DeviceStats } from "./options.ts";

/** A message waiting to be dealt with. */
interface Received {
  readonly kind: string;
  readonly payload: Record<string, unknown>;
}

/** Progress is reported each time so many percent more are stored. */
const REPORT_EVERY_PERCENT = 5;
/** After a fault that leaves the link alone, the device asks again. */
const ASK_AGAIN_MS = 2_000;

/** One device. Made once, run once. */
export class VirtualDevice {
  readonly #options: DeviceOptions;
  readonly #stats = { attempts: 0, requests: 0, bytesFetched: 0, cuts: 0, chunks: [] as number[] };
  #memory!: DeviceMemory;
  #link!: DeviceLink;
  #metadata: Metadata | undefined;
  #attempt = 0;
  #reportedPercent = 0;
  #cutDone = false;
  #corruptDone = false;
  /** Ends the work in hand when a newer message makes it pointless. */
  #work: AbortController | undefined;
  #finish!: (end: DeviceEnd) => void;

  /** Nothing happens before `run`. */
  constructor(options: DeviceOptions) {
    this.#options = options;
  }

  /** What it took so far. */
  get stats(): DeviceStats {
    return { ...this.#stats, chunks: [...this.#stats.chunks] };
  }

  /**
   * Connects, asks, and goes through one task to its end.
   *
   * @throws the signal's reason when it is aborted first.
   */
  async run(signal: AbortSignal = new AbortController().signal): Promise<DeviceEnd> {
    const { folder, id, version } = this.#options;
    this.#memory = await DeviceMemory.open(folder, id, version ?? null);
    const { promise, resolve, reject } = Promise.withResolvers<DeviceEnd>();
    this.#finish = resolve;
    const abort = () => reject(signal.reason);
    signal.addEventListener("abort", abort, { once: true });
    this.#link = new DeviceLink(this.#options, {
      up: () => this.#ask(),
      message: (kind, payload) => this.#receive({ kind, payload }),
    });
    try {
      return await promise;
    } finally {
      signal.removeEventListener("abort", abort);
      this.#work?.abort();
      await this.#link.close();
    }
  }

  #emit(event: DeviceEvent): void {
    this.#options.onEvent?.(event);
  }

  #ask(): void {
    const { product, chunkBytes } = this.#options;
    const { version, task } = this.#memory.kept;
    this.#background(this.#link.report("request", {
      ...(version === null ? {} : { current_version: version }),
      ...(product === undefined ? {} : { product }),
      ...(chunkBytes === undefined ? {} : { chunk_bytes: chunkBytes }),
      ...(task ? { resume_from: task.received } : {}),
    }));
  }

  #receive({ kind, payload }: Received): void {
    switch (kind) {
      case "metadata":
        return this.#offered(payload as unknown as Metadata);
      case "retry":
        return this.#retry(payload);
      case "verified":
        return this.#background(this.#install());
      case "success":
        return this.#end("succeeded", payload);
      case "failed":
        return this.#end("failed", payload);
      case "cancel":
        return this.#end("cancelled", payload);
      case "rejected":
        return this.#emit({ type: "state", state: "rejected", detail: String(payload.code) });
    }
  }

  /** A task it is working on already changes nothing, unless the work has stopped. */
  #offered(metadata: Metadata): void {
    const { task_id, attempt } = metadata;
    const isSame = this.#metadata?.task_id === task_id && this.#attempt === attempt;
    if (isSame && this.#work && !this.#work.signal.aborted) return;
    this.#metadata = metadata;
    this.#startAttempt(attempt, metadata.resume_from);
  }

  #retry({ attempt, resume_from, bad_chunks }: Record<string, unknown>): void {
    if (!this.#metadata || Number(attempt) <= this.#attempt) return;
    this.#startAttempt(Number(attempt), Number(resume_from), bad_chunks as number[] | undefined);
  }

  #startAttempt(attempt: number, from: number, badChunks?: readonly number[]): void {
    if (attempt !== this.#attempt) this.#stats.attempts++;
    this.#attempt = attempt;
    this.#work?.abort();
    const work = this.#work = new AbortController();
    this.#emit({ type: "state", state: "downloading", detail: `attempt ${attempt}` });
    this.#background(
      this.#download(work.signal, from, badChunks).finally(() => {
        if (this.#work === work) this.#work = undefined;
      }),
    );
  }

  /** Fetches what is missing, checks it, and tells the engine the digest of all of it. */
  async #download(
    signal: AbortSignal,
    from: number,
    badChunks: readonly number[] | undefined,
  ): Promise<void> {
    const metadata = this.#metadata!;
    const { task_id, checksum, size, chunk_bytes } = metadata;
    const kept = this.#memory.kept;
    if (kept.task?.id !== task_id || kept.task.checksum !== checksum) {
      kept.task = { id: task_id, checksum, received: 0 };
      from = 0;
      await this.#memory.resize(size);
    }
    const count = chunkCount(size, chunk_bytes);
    const wanted = badChunks ?? range(Math.floor(from / chunk_bytes), count);
    const hooks = this.#hooks(metadata, signal, badChunks !== undefined);
    this.#reportedPercent = Math.floor(100 * from / size);
    try {
      for (const index of wanted) {
        signal.throwIfAborted();
        await fetchChunk(metadata, this.#memory, index, hooks);
      }
      await this.#verify(metadata, hooks);
    } catch (error) {
      if (signal.aborted) return;
      await this.#pauseAfter(error, signal);
    }
  }

  #hooks(metadata: Metadata, signal: AbortSignal, isRepair: boolean): DownloadHooks {
    return {
      token: this.#options.token,
      signal,
      spoil: (index, bytes) => this.#spoil(index, bytes),
      stored: async (index, end, bytes) => {
        this.#stats.requests++;
        this.#stats.bytesFetched += bytes;
        this.#stats.chunks.push(index);
        this.#emit({ type: "chunk", index });
        if (!isRepair) await this.#noteStored(metadata, end);
      },
    };
  }

  #spoil(index: number, bytes: Uint8Array): Uint8Array {
    const { corruptChunk, corruptAlways } = this.#options;
    const once = corruptChunk === index && !this.#corruptDone;
    if (once) this.#corruptDone = true;
    if (!once && !(corruptAlways && index === 0)) return bytes;
    const spoilt = bytes.slice();
    spoilt[0]! ^= 0xff;
    return spoilt;
  }

  async #noteStored(metadata: Metadata, received: number): Promise<void> {
    const { size, task_id } = metadata;
    this.#memory.kept.task!.received = received;
    await this.#memory.save();
    this.#emit({ type: "stored", received, size });
    const { cutAt } = this.#options;
    if (cutAt !== undefined && received >= cutAt && !this.#cutDone) {
      this.#cutDone = true;
      throw new Cut("The connection is lost");
    }
    const percent = Math.floor(100 * received / size);
    if (percent < this.#reportedPercent + REPORT_EVERY_PERCENT && received < size) return;
    this.#reportedPercent = percent;
    await this.#link.report("progress", { task_id, attempt: this.#attempt, received });
  }

  /** A simple device (`corruptAlways`) checks the whole only; others name the chunks that are bad. */
  async #verify(metadata: Metadata, hooks: DownloadHooks): Promise<void> {
    const { task_id, size } = metadata;
    this.#emit({ type: "state", state: "verifying" });
    const checksum = await this.#memory.checksum(0, size);
    const isRight = checksum === metadata.checksum;
    const bad = isRight || this.#options.corruptAlways
      ? []
      : await this.#badChunks(metadata, hooks);
    await this.#link.report("verify", {
      task_id,
      attempt: this.#attempt,
      id: randomUUID(),
      checksum,
      ...(bad.length > 0 ? { bad_chunks: bad } : {}),
    });
  }

  async #badChunks(metadata: Metadata, hooks: DownloadHooks): Promise<number[]> {
    const digests = await fetchChunkDigests(metadata, hooks);
    const bad: number[] = [];
    for (const [index, digest] of digests.entries()) {
      const { start, end } = chunkBounds(metadata.size, metadata.chunk_bytes, index)!;
      if (await this.#memory.checksum(start, end) !== digest) bad.push(index);
    }
    return bad;
  }

  /**
   * The network failed, on purpose or not. A lost link comes back by itself and the device asks
   * again; with a link that holds it asks after a while.
   */
  async #pauseAfter(error: unknown, signal: AbortSignal): Promise<void> {
    this.#work = undefined;
    if (error instanceof Cut) {
      this.#stats.cuts++;
      this.#emit({ type: "state", state: "cut" });
      return this.#link.cut();
    }
    this.#emit({ type: "state", state: "waiting", detail: (error as Error).message });
    await pause(ASK_AGAIN_MS, signal).then(() => this.#ask(), () => {});
  }

  /** The digest was right: boot it, and say so (completion `booted`). */
  async #install(): Promise<void> {
    const { task_id, version } = this.#metadata!;
    const say = (status: string, more = {}) =>
      this.#link.report("status", { task_id, status, id: randomUUID(), ...more });
    for (const status of ["installing", "rebooting"]) {
      this.#emit({ type: "state", state: status });
      await say(status);
    }
    this.#memory.kept.version = version;
    await this.#memory.save();
    await say("booted", { version });
  }

  #end(outcome: DeviceEnd["outcome"], payload: Record<string, unknown>): void {
    const taskId = String(payload.task_id);
    if (taskId !== this.#metadata?.task_id) return;
    this.#work?.abort();
    const { kept } = this.#memory;
    if (outcome === "succeeded") kept.version = this.#metadata.version;
    kept.task = null;
    const reason = payload.reason === undefined ? {} : { reason: String(payload.reason) };
    this.#emit({ type: "state", state: outcome, ...(reason.reason && { detail: reason.reason }) });
    this.#background(
      this.#memory.save().then(() => {
        this.#finish({ outcome, taskId, ...reason, stats: this.stats });
      }),
    );
  }

  /** Work beside the messages. A report that got no answer is made up for by the next request. */
  #background(work: Promise<void>): void {
    work.catch((error) =>
      this.#emit({ type: "state", state: "waiting", detail: (error as Error).message })
    );
  }
}

function range(from: number, to: number): number[] {
  return Array.from({ length: Math.max(0, to - from) }, (_, index) => from + index);
}
