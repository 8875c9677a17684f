/**
 * What a client does that only fetches: it checks, takes the image that it is given, reboots into it and
 * checks again. It reports nothing, and nobody tells it anything between two checks.
 */
import { Fetching } from "./fetching.ts";
import type { Job } from "./flash.ts";
import { run } from "./mechanic.ts";
import type { Body, Payload, WorkingPart } from "./mechanic.ts";

/** What a client says of itself when it checks. */
const SAYS = ["version", "sha256", "md5", "header", "both", "nothing"] as const;
/** It checks again after so long; sooner after a download that broke. */
const CHECK_MS = { min: 60_000, max: 3_600_000 };
const AGAIN_MS = { min: 60_000, max: 900_000 };
/** It reboots into what it has stored within so long: when nobody needs it. */
const IN_USE_MS = 1_200_000;
/** Longest silence after a reboot, of those that end. */
const SILENT_MS = 12 * 3_600_000;
/** Of those who fall silent after a reboot, so many in a million are never heard again. */
const DEAD_PPM = 300_000;
const HALF_PPM = 500_000;

/** The part of such a client that works. */
export class Fetcher implements WorkingPart {
  readonly #body: Body;
  readonly #fetching: Fetching;
  readonly #says: (typeof SAYS)[number];
  /** It goes on with a download that was cut. */
  readonly #resumes: boolean;
  #takeBack = () => {};

  constructor(body: Body) {
    this.#body = body;
    const habits = body.world.fate.about(`habits of ${body.id}`);
    this.#says = habits.pick(SAYS);
    this.#resumes = habits.chance(HALF_PPM);
    this.#fetching = new Fetching(body, {
      stored: (job) => this.#store(job),
      progress: () => {},
      cut: (job) => this.#lose(job),
    });
  }

  begin(): void {
    const { flash } = this.#body;
    if (flash.job?.phase === "checking") this.#store(flash.job);
    else if (!this.#resumes) flash.job = undefined;
    this.#check();
  }

  stop(): void {
    this.#fetching.end();
    this.#takeBack();
  }

  /** Bytes come to it by nothing but its own downloads. */
  take(): void {}

  lost(): void {}

  /** Of all that it is told it understands no more than that there is something to fetch. */
  receive(kind: string, payload: Payload): void {
    if (kind !== "metadata") return;
    const { flash } = this.#body;
    const sha256 = String(payload.checksum).slice("sha256:".length);
    if (flash.job?.phase === "checking") return;
    if (flash.job?.sha256 !== sha256) {
      this.#fetching.end();
      flash.job = {
        task: String(payload.task_id),
        attempt: Number(payload.attempt),
        version: String(payload.version),
        sha256,
        size: Number(payload.size),
        stored: 0,
        isCorrupt: false,
        isLie: false,
        phase: "fetching",
      };
    }
    this.#fetching.goOn(flash.job!);
  }

  #check(): void {
    // At QoS 0: who does not get through checks again.
    this.#body.voice.say("request", this.#said(), 0);
    this.#checkAfter(CHECK_MS);
  }

  #checkAfter({ min, max }: typeof CHECK_MS): void {
    const { random, later } = this.#body;
    this.#takeBack();
    this.#takeBack = later(random.spread(min, max), () => this.#check());
  }

  #said(): object {
    const { flash: { version, image }, world: { catalogue } } = this.#body;
    const { md5: hex, header } = catalogue.of(image)!.image;
    const md5 = `md5:${hex}`;
    switch (this.#says) {
      case "version":
        return { current_version: version };
      case "sha256":
        return { running: `sha256:${image}` };
      case "md5":
        return { running: md5 };
      case "header":
        return { running: header?.digest ? `sha256:${header.digest}` : md5 };
      case "both":
        return { current_version: version, running: md5 };
      case "nothing":
        return {};
    }
  }

  /** Whether it goes on at once; else it begins anew with its next check. */
  #lose(job: Job): boolean {
    if (this.#resumes) return true;
    this.#body.flash.job = undefined;
    job.stored = 0;
    this.#checkAfter(AGAIN_MS);
    return false;
  }

  #store(job: Job): void {
    const { flash, random, later } = this.#body;
    job.phase = "checking";
    later(random.spread(1_000, IN_USE_MS), () => {
      if (flash.job === job) this.#reboot(job);
    });
  }

  /** An image that is not whole does not run, and one that does not run is gone. */
  #reboot(job: Job): void {
    const { id, flash, random, world: { fate } } = this.#body;
    const isOld = job.isCorrupt || fate.happens("oldImage", id) !== undefined;
    if (!isOld) run(flash, job);
    flash.job = undefined;
    const silent = fate.happens("silentAfterReboot", id);
    if (silent?.chance(DEAD_PPM)) return this.#body.goOff(undefined);
    this.#body.goOff(silent ? silent.spread(60_000, SILENT_MS) : random.spread(1_000, 60_000));
  }
}
