/** How a device fetches an image over HTTP: range by range, over a path that may break at any of them. */
import type { Download } from "../front/download.ts";
import type { FetchingEvents } from "./fetching.ts";
import type { Job } from "./flash.ts";
import type { Body } from "./mechanic.ts";

/** So many in a million go on by steps so small that hardly one of them is worth a fact. */
const FINE_PPM = 100_000;
const STEPS_MAX = 100;
/** Longest time between two steps of a download. */
const STEP_MS = 60_000;
/** Longest time that a download stands still. */
const STALL_MS = 1_800_000;
/** A device that is refused bytes asks again after so long. */
const REFUSED_MS = { min: 10_000, max: 600_000 };

/** What becomes of such a download. */
export interface RangeEvents extends FetchingEvents {
  /** Nobody was there; it is tried again if this says so. */
  missed(job: Job): boolean;
}

/** The download of a device, range by range. */
export class RangeFetching {
  readonly #body: Body;
  readonly #events: RangeEvents;
  #download: Download | undefined;
  #takeBack = () => {};

  constructor(body: Body, events: RangeEvents) {
    this.#body = body;
    this.#events = events;
  }

  /** Fetches what is missing, unless that is under way. */
  goOn(job: Job): void {
    if (this.#download?.isOpen) return;
    this.#takeBack();
    const { id, flash: { token }, path, random, server, world, later } = this.#body;
    path.meet("http");
    const isThere = path.transit("http") !== undefined;
    const download = isThere
      ? server()?.download({ device: id, token }, job.sha256, job.stored)
      : undefined;
    this.#download = download;
    if (world.fate.happens("corruption", id)) job.isCorrupt = true;
    const bytes = Math.ceil(job.size / random.between(1, random.chance(FINE_PPM) ? STEPS_MAX : 8));
    later(random.between(100, 5_000), () => {
      if (download) this.#step(job, download, bytes);
      else if (this.#isWanted(job) && this.#events.missed(job)) this.goOn(job);
    });
  }

  /** Whoever is refused does not ask again at once. */
  #tryLater(job: Job): void {
    const { random, later } = this.#body;
    this.#takeBack = later(random.spread(REFUSED_MS.min, REFUSED_MS.max), () => {
      if (this.#isWanted(job)) this.goOn(job);
    });
  }

  /** Fetches nothing more. */
  end(how: "complete" | "cut" = "cut"): void {
    this.#download?.end(how);
    this.#download = undefined;
  }

  #isWanted(job: Job): boolean {
    return this.#body.flash.job === job && job.phase === "fetching";
  }

  #step(job: Job, download: Download, bytes: number): void {
    if (!this.#isWanted(job) || this.#download !== download) return download.end("cut");
    const { id, path, random, later, world } = this.#body;
    if (!download.isOpen || path.transit("http") === undefined) {
      this.end();
      if (!this.#events.cut(job)) return;
      return download.isRefused ? this.#tryLater(job) : this.goOn(job);
    }
    const stall = world.fate.happens("stall", id);
    if (stall) {
      download.stall();
      later(stall.spread(1_000, STALL_MS), () => this.#step(job, download, bytes));
      return;
    }
    const more = Math.min(bytes, job.size - job.stored);
    download.take(more);
    if (!download.isRight) job.isCorrupt = true;
    job.stored += more;
    if (job.stored >= job.size) {
      this.end("complete");
      return this.#events.stored(job);
    }
    this.#events.progress(job);
    later(random.spread(500, STEP_MS), () => this.#step(job, download, bytes));
  }
}
