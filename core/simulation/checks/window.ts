/**
 * I17: what is on its way to a device is bounded, whatever it asks for. L4: what it asked for leaves as soon
 * as there is room, as long as nothing keeps it from that.
 */
import { UnreadableImage } from "../front/image_reads.ts";
import type { Answer, ChunkEnd, OutboundChunk } from "../../engine/mod.ts";
import type { Life, SeenRow, Submission } from "../watch.ts";
import { AskedBytes } from "./asked_bytes.ts";
import type { Court, Judge } from "./judge.ts";
import { deviceOf } from "./naive.ts";

/** Bytes that a device has not confirmed (PROTOCOL §1). */
const WINDOW_BYTES = 262_144;
const WINDOW_PARTS = 64;
/** A read may take a minute. */
const WITHIN_MS = 180_000;

interface OnItsWay {
  readonly chunks: Set<OutboundChunk>;
  /** Since when nothing is: simulated time. */
  idleSince: number;
}

/** Judges how much goes to a device at once, and that it goes. */
export class Window implements Judge {
  readonly #court: Court;
  readonly #asked = new AskedBytes();
  readonly #lives = new Map<Life, Map<string, OnItsWay>>();
  /** When something last kept a life from it, and when a task of a device moved: simulated time. */
  readonly #excusedAt = new Map<Life, number>();
  readonly #movedAt = new Map<string, number>();

  constructor(court: Court) {
    this.#court = court;
  }

  submitted(submission: Submission): void {
    const { input, life } = submission;
    if (input.kind === "ask") this.#wayTo(input.device, life);
    this.#asked.submitted(submission, this.#court.sight.now);
  }

  /** What was asked for in the batch that moved its task may be void as well. */
  answered(submission: Submission, answer: Answer): void {
    this.#asked.answered(submission, answer);
    const { input, life } = submission;
    if (input.kind !== "ask") return;
    const { device } = input;
    if (this.#movedAt.get(device) === this.#court.sight.now) this.#asked.forget(device, life);
    // What is on its way to it need not leave again.
    for (const chunk of this.#wayTo(device, life).chunks) this.#take(chunk, life);
  }

  afterRow({ header: { stream, outcome: { moves } } }: SeenRow): void {
    const device = deviceOf(stream);
    if (moves.length === 0) return;
    this.#asked.forget(device);
    this.#movedAt.set(device, this.#court.sight.now);
  }

  sentChunk(chunk: OutboundChunk, life: Life): void {
    const { device } = chunk;
    this.#take(chunk, life);
    const { chunks } = this.#wayTo(device, life);
    chunks.add(chunk);
    const sum = [...chunks].reduce((sum, { bytes }) => sum + bytes.length, 0);
    if (sum <= WINDOW_BYTES && chunks.size <= WINDOW_PARTS || chunks.size === 1) return;
    this.#court.deny("I17", `${sum} bytes in ${chunks.size} chunks are on their way to ${device}.`);
  }

  chunkEnded(chunk: OutboundChunk, end: ChunkEnd, life: Life): void {
    const { device } = chunk;
    const way = this.#wayTo(device, life);
    way.chunks.delete(chunk);
    way.idleSince = this.#court.sight.now;
    // What is lost the device asks for again, and what it asked for besides.
    if (end !== "arrived" && end !== "passed") this.#asked.forget(device, life);
  }

  faulted(error: unknown, life: Life): void {
    if (error instanceof UnreadableImage) this.#asked.forgetAll(life);
  }

  failed(life: Life): void {
    this.#asked.forgetAll(life);
  }

  opened(life: Life): void {
    this.#excusedAt.set(life, this.#court.sight.now);
  }

  froze(ms: number, life: Life): void {
    const until = this.#court.sight.now + ms;
    this.#excusedAt.set(life, Math.max(until, this.#excusedAt.get(life) ?? 0));
  }

  died(life: Life): void {
    this.#asked.died(life);
    this.#lives.delete(life);
    this.#excusedAt.delete(life);
  }

  minute(): void {
    for (const life of this.#lives.keys()) this.#judgeLate(life);
  }

  #take(chunk: OutboundChunk, life: Life): void {
    const size = this.#court.naive.tasks.get(chunk.task)?.policy.size ?? Infinity;
    this.#asked.takePart(life, chunk, size);
  }

  #judgeLate(life: Life): void {
    const { now } = this.#court.sight;
    for (const [device, { start, task, since }] of this.#asked.oldest(life)) {
      const { chunks, idleSince } = this.#wayTo(device, life);
      const excusedAt = this.#excusedAt.get(life) ?? 0;
      const waitedMs = now - Math.max(since, idleSince, excusedAt);
      if (chunks.size > 0 || waitedMs <= WITHIN_MS) continue;
      const what = `${device} asked for ${start} of ${task}`;
      this.#court.deny("L4", `${what}, and nothing leaves for ${waitedMs} ms.`);
    }
  }

  #wayTo(device: string, life: Life): OnItsWay {
    const devices = this.#lives.get(life) ?? new Map<string, OnItsWay>();
    this.#lives.set(life, devices);
    const way = devices.get(device) ?? { chunks: new Set<OutboundChunk>(), idleSince: 0 };
    devices.set(device, way);
    return way;
  }
}
