/** How a device fetches an image over MQTT: it asks for parts, some at once, and takes them in any order. */
import type { OutboundChunk } from "../../engine/mod.ts";
import { PART_BYTES_MAX, PART_BYTES_MIN } from "../../protocol/mod.ts";
import type { Random } from "../chance/random.ts";
import { lookAt } from "../image_bytes.ts";
import type { FetchingEvents } from "./fetching.ts";
import type { Job } from "./flash.ts";
import type { Body } from "./mechanic.ts";

/** Parts of an image that are not too large for that, at most. */
const PARTS_MAX = 24;
/** And of any, whatever is recommended. */
const PIECES_MAX = 64;
/** How many a device asks for at once. */
const WINDOWS = [1, 2, 4, 16, 32] as const;
/** Where nothing comes for so long, it asks again. */
const PATIENCE_MS = { min: 2_000, max: 60_000 };
/** To store a part takes so long at most. */
const STORE_MS = 20_000;
/** So many in a million downloads begin with a look at the digests of chunks. */
const DIGESTS_PPM = 200_000;
const DIGESTS_MAX = 16;
const QUARTER_PPM = 250_000;
const HALF_PPM = 500_000;

/** The download of a device, part by part. */
export class PartFetching {
  readonly #body: Body;
  readonly #events: FetchingEvents;
  readonly #random: Random;
  #job: Job | undefined;
  /** Whether it asks for what is missing. */
  #isUnderWay = false;
  /** What the engine said. */
  #plan: { readonly bytes: number; readonly count: number } | undefined;
  #bytes = PART_BYTES_MAX;
  #window = 1;
  /** Parts that did not come yet, and parts that came before those ahead of them: begin and end. */
  readonly #asked = new Map<number, number>();
  readonly #held = new Map<number, number>();
  #takeBack = () => {};

  constructor(body: Body, events: FetchingEvents) {
    this.#body = body;
    this.#events = events;
    this.#random = body.world.fate.about(`parts of ${body.id}`);
  }

  /** From now on it asks for so much at once; for the whole of a large image in bearable pieces. */
  plan(bytes: number, count: number): void {
    this.#plan = { bytes, count };
    if (this.#job) this.#follow(this.#job);
  }

  /** It asked for too much at once. */
  askLess(): void {
    const job = this.#job;
    if (!job) return;
    const least = Math.max(PART_BYTES_MIN, Math.ceil(job.size / PIECES_MAX));
    this.#bytes = Math.max(least, Math.ceil(this.#bytes / 2));
  }

  /** Asks for what is missing, unless that is under way. */
  goOn(job: Job): void {
    if (this.#job === job && this.#isUnderWay) return;
    if (this.#job !== job) this.#begin(job);
    this.#isUnderWay = true;
    this.#ask();
  }

  /** Bytes came: those of another task are not for this one, however they fit. */
  take({ task, offset, bytes }: OutboundChunk): void {
    const job = this.#job;
    if (!job || job.task !== task || !this.#isWanted(job)) return;
    const { id, world } = this.#body;
    world.watch.stored?.({ device: id, task, image: job.sha256, offset, bytes });
    if (lookAt(bytes, job.sha256, offset) !== "right") job.isCorrupt = true;
    this.#asked.delete(offset);
    this.#held.set(offset, Math.max(offset + bytes.length, this.#held.get(offset) ?? 0));
    const before = job.stored;
    this.#store(job);
    if (job.stored >= job.size) {
      this.end();
      return this.#events.stored(job);
    }
    const isMore = job.stored > before;
    if (isMore && this.#random.chance(QUARTER_PPM)) this.#events.progress(job);
    if (this.#isUnderWay && this.#asked.size <= this.#window / 2) this.#askSoon(job);
  }

  /** The link is gone: what was asked for may never come. */
  lost(): void {
    this.#isUnderWay = false;
    this.#asked.clear();
    this.#takeBack();
  }

  /** Fetches nothing more. */
  end(): void {
    this.lost();
    this.#job = undefined;
    this.#held.clear();
  }

  #begin(job: Job): void {
    this.end();
    this.#job = job;
    const { id, world } = this.#body;
    if (world.fate.happens("corruption", id)) job.isCorrupt = true;
    const bytes = Math.ceil(job.size / this.#random.between(1, PARTS_MAX));
    this.#bytes = Math.min(PART_BYTES_MAX, Math.max(PART_BYTES_MIN, bytes));
    this.#window = this.#random.pick(WINDOWS);
    this.#follow(job);
    if (this.#random.chance(DIGESTS_PPM)) this.#askForDigests(job);
  }

  #follow({ size }: Job): void {
    if (!this.#plan) return;
    const { bytes, count } = this.#plan;
    this.#bytes = Math.min(PART_BYTES_MAX, Math.max(bytes, Math.ceil(size / PIECES_MAX)));
    this.#window = count;
  }

  #isWanted(job: Job): boolean {
    return this.#body.flash.job === job && job.phase === "fetching";
  }

  #askSoon(job: Job): void {
    this.#takeBack();
    this.#takeBack = this.#body.later(this.#random.spread(1, STORE_MS), () => {
      if (this.#job === job) this.#ask();
    });
  }

  /** Asks for as many parts as there is room for, and again when nothing comes. */
  #ask(): void {
    const job = this.#job;
    if (!job || !this.#isUnderWay || !this.#isWanted(job)) return;
    const parts = this.#missing(job).map(([start, end]) => [start, end - start] as const);
    for (const [start, bytes] of parts) this.#asked.set(start, start + bytes);
    const [first] = parts;
    if (first) {
      const isAlone = parts.length === 1 && this.#random.chance(HALF_PPM);
      const what = isAlone ? { offset: first[0], length: first[1] } : { parts };
      const about = this.#random.chance(HALF_PPM) ? { task_id: job.task } : {};
      this.#body.ask("chunk/request", { ...about, ...what });
    }
    const ms = this.#random.spread(PATIENCE_MS.min, PATIENCE_MS.max);
    this.#takeBack();
    this.#takeBack = this.#body.later(ms, () => this.#askAgain(job));
  }

  #askAgain(job: Job): void {
    if (this.#job !== job || !this.#isWanted(job)) return;
    this.#asked.clear();
    if (this.#events.cut(job)) this.#ask();
  }

  /** What neither came nor was asked for, from the first byte that is not stored on. */
  #missing({ stored, size }: Job): (readonly [number, number])[] {
    const missing: (readonly [number, number])[] = [];
    for (let at = stored; at < size && missing.length + this.#asked.size < this.#window;) {
      const end = Math.min(at + this.#bytes, size);
      const known = this.#held.get(at) ?? this.#asked.get(at);
      if (known === undefined) missing.push([at, end]);
      at = known ?? end;
    }
    return missing;
  }

  /** Stores what is without a gap behind what is stored. */
  #store(job: Job): void {
    for (let isMore = true; isMore;) {
      isMore = false;
      for (const [start, end] of this.#held) {
        if (start > job.stored) continue;
        this.#held.delete(start);
        isMore ||= end > job.stored;
        job.stored = Math.max(job.stored, end);
      }
    }
  }

  #askForDigests({ task, size }: Job): void {
    const count = Math.min(DIGESTS_MAX, Math.ceil(size / PART_BYTES_MAX));
    const about = this.#random.chance(HALF_PPM) ? { task_id: task } : {};
    this.#body.ask("chunks/request", { ...about, from: 0, count });
  }
}
