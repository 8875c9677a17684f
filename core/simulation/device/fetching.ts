/** How a device fetches an image: range by range, over a path that may break at any of them. */
import type { Download } from "../front/download.ts";
import type { Job } from "./flash.ts";
import type { Body } from "./mechanic.ts";

/** Longest time between two steps of a download. */
const STEP_MS = 60_000;
const QUARTER_PPM = 250_000;
const HALF_PPM = 500_000;

/** The download of a device. */
export class Fetching {
  readonly #body: Body;
  readonly #onStored: (job: Job) => void;
  #download: Download | undefined;

  /** `onStored` is told when everything is stored. */
  constructor(body: Body, onStored: (job: Job) => void) {
    this.#body = body;
    this.#onStored = onStored;
  }

  /** Fetches what is missing, unless that is under way. */
  goOn(job: Job): void {
    if (this.#download?.isOpen) return;
    const { id, flash: { token }, path, random, server, world, later } = this.#body;
    const isThere = path.transit() !== undefined;
    const download = isThere
      ? server()?.download({ device: id, token }, job.sha256, job.stored)
      : undefined;
    this.#download = download;
    if (world.fate.happens("corruption", id)) job.isCorrupt = true;
    const bytes = Math.ceil(job.size / random.between(1, 8));
    later(random.between(100, 5_000), () => {
      if (download) this.#step(job, download, bytes);
      else if (this.#isWanted(job)) this.goOn(job);
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
    const { path, random, later } = this.#body;
    if (!download.isOpen || path.transit() === undefined) {
      this.end();
      return this.goOn(job);
    }
    const more = Math.min(bytes, job.size - job.stored);
    download.take(more);
    job.stored += more;
    if (job.stored >= job.size) {
      this.end("complete");
      return this.#onStored(job);
    }
    this.#sayProgress(job);
    later(random.spread(500, STEP_MS), () => this.#step(job, download, bytes));
  }

  #sayProgress({ task, stored: received }: Job): void {
    const { random, voice } = this.#body;
    if (random.chance(QUARTER_PPM)) return;
    const about = random.chance(HALF_PPM) ? { task_id: task } : {};
    voice.say("progress", { ...about, received }, random.pick([0, 1]));
  }
}
