/**
 * A device: it asks, fetches, checks, installs and boots what it is offered, and goes on trying. What
 * goes wrong with it is a matter of its fate.
 */
import type { ReportKind } from "../../protocol/mod.ts";
import type { Build } from "../catalogue.ts";
import type { Download, HttpServer } from "../http.ts";
import type { Link, LinkEvents, Outgoing } from "../link.ts";
import { Path } from "../network.ts";
import type { Random } from "../random.ts";
import type { World } from "../world.ts";
import type { Flash, Job } from "./flash.ts";
import { nonsense } from "./nonsense.ts";

/** Longest time that a device which lost its power, or its link, is away. */
const AWAY_MS = 2 * 3_600_000;
/** A device that waits for a word asks again after so long at the latest. */
const PATIENCE_MS = 900_000;
/** Longest time between two steps of a download. */
const STEP_MS = 60_000;
/** How many of its reports a device remembers to have sent. */
const SAID_MAX = 50;

type Payload = Readonly<Record<string, unknown>>;

/** What a device is made of. */
export interface DeviceOptions {
  readonly id: string;
  readonly product: string | null;
  readonly version: string;
  /** Makes its way to the engine; asked anew whenever it connects. */
  readonly link: (path: Path, events: LinkEvents) => Link;
  /** Where the bytes are. */
  readonly server: () => HttpServer | undefined;
  /** The id of a task that is not its own. */
  readonly foreignTask: () => string | undefined;
}

/** One device. */
export class Device {
  readonly id: string;
  readonly product: string | null;
  readonly flash: Flash;
  readonly #world: World;
  readonly #options: DeviceOptions;
  readonly #random: Random;
  readonly #path: Path;
  /** Counts the times it was switched on: what was planned before does not happen. */
  #power = 0;
  #isOn = false;
  #isUp = false;
  #link: Link | undefined;
  #download: Download | undefined;
  /** Whether the first report of the outbox is under way. */
  #isSending = false;
  #isDead = false;
  #patience = () => {};

  constructor(world: World, options: DeviceOptions) {
    this.#world = world;
    this.#options = options;
    this.id = options.id;
    this.product = options.product;
    this.#random = world.fate.about(`device ${options.id}`);
    this.#path = new Path(world, options.id);
    this.flash = { version: options.version, job: undefined, outbox: [], said: [], packet: 0 };
  }

  /** Whether it will never do anything again. */
  get isDead(): boolean {
    return this.#isDead;
  }

  /** It gets power. */
  start(): void {
    if (this.#isOn || this.#isDead) return;
    this.#power++;
    this.#isOn = true;
    const again = this.#world.fate.happens("oldReports", this.id);
    if (again) this.flash.outbox.push(...this.#older(again));
    this.flash.outbox = this.flash.outbox.map((report) => ({ ...report, isRepeat: true }));
    this.#connect();
  }

  /** Nothing goes wrong any more: whoever can, is there. */
  heal(): void {
    this.start();
    if (this.#isOn && !this.#isUp) this.#reconnect(1_000);
  }

  #stop(): void {
    this.#power++;
    this.#isOn = this.#isUp = this.#isSending = false;
    this.#download?.end("cut");
    this.#download = undefined;
    this.#link?.close();
    this.#link = undefined;
  }

  /** It loses power, and comes back some time. */
  #lose(ms: number): void {
    this.#stop();
    this.#world.after(ms, () => this.start());
  }

  /** Something it does later, if it has power until then. */
  #later(ms: number, run: () => void): () => void {
    const power = this.#power;
    const skewed = this.#world.fate.happens("deviceClock", this.id);
    const wait = skewed ? skewed.spread(1, 6 * 3_600_000) : ms;
    return this.#world.after(wait, () => {
      if (power === this.#power && !this.#mishap()) run();
    });
  }

  /** Whether the step does not happen. */
  #mishap(): boolean {
    const { fate } = this.#world;
    const lost = fate.happens("powerLoss", this.id);
    if (lost) {
      this.#lose(lost.spread(1_000, AWAY_MS));
      return true;
    }
    const odd = fate.happens("nonsense", this.id);
    if (odd) this.#say(...nonsense(odd), 1);
    return false;
  }

  #connect(): void {
    const { id } = this;
    const events: LinkEvents = {
      up: () => this.#link === link && this.#up(),
      down: () => this.#link === link && this.#reconnect(this.#random.spread(1_000, 120_000)),
      message: (kind, payload) => this.#link === link && this.#receive(kind, payload),
    };
    const link = this.#options.link(this.#path, events);
    this.#link = link;
    void id;
    link.open();
  }

  #reconnect(ms: number): void {
    this.#isUp = this.#isSending = false;
    this.#link?.close();
    this.#link = undefined;
    this.flash.outbox = this.flash.outbox.map((report) => ({ ...report, isRepeat: true }));
    const power = this.#power;
    this.#world.after(this.#world.fate.isHealed ? Math.min(ms, 5_000) : ms, () => {
      if (power === this.#power && !this.#link) this.#connect();
    });
  }

  #up(): void {
    this.#isUp = true;
    this.#flush();
    const { job } = this.flash;
    if (job?.phase === "booted") this.#reportBoot(job);
    else this.#ask();
  }

  /** Asks what there is to do, and again when it hears nothing. */
  #ask(): void {
    const { version, job } = this.flash;
    const resume = job?.phase === "fetching" && this.#random.chance(500_000);
    this.#say("request", {
      current_version: version,
      ...(this.product === null || this.#random.chance(500_000) ? {} : { product: this.product }),
      ...(resume ? { resume_from: job!.stored } : {}),
    }, 1);
    this.#waitForWord();
  }

  #waitForWord(): void {
    this.#patience();
    this.#patience = this.#later(this.#random.between(PATIENCE_MS / 3, PATIENCE_MS), () => {
      if (this.#isUp) this.#ask();
      else this.#waitForWord();
    });
  }

  #say(kind: ReportKind, body: object | string, qos: 0 | 1): void {
    const payload = typeof body === "string" ? body : JSON.stringify(body);
    const packet = ++this.flash.packet;
    const report: Outgoing = { kind, payload, qos, isRepeat: false, packet };
    if (qos === 0) return void this.#link?.report(report, () => {});
    this.flash.outbox.push(report);
    this.#flush();
  }

  /** One at a time, and in order. */
  #flush(): void {
    const [report] = this.flash.outbox;
    if (!report || !this.#isUp || this.#isSending || !this.#link) return;
    this.#isSending = true;
    const { flash } = this;
    const link = this.#link;
    link.report(report, (isTaken) => {
      if (link !== this.#link) return;
      this.#isSending = false;
      if (isTaken) {
        flash.outbox = flash.outbox.filter(({ packet }) => packet !== report.packet);
        flash.said = [...flash.said, { ...report, isRepeat: true }].slice(-SAID_MAX);
        return this.#flush();
      }
      flash.outbox = flash.outbox.map((known) => ({ ...known, isRepeat: true }));
      this.#later(this.#random.between(2_000, 30_000), () => this.#flush());
    });
  }

  #older(how: Random): Outgoing[] {
    const { said } = this.flash;
    return said.length === 0 ? [] : [said[how.below(said.length)]!];
  }

  #receive(kind: string, payload: Payload): void {
    const { job } = this.flash;
    const isMine = job !== undefined && payload.task_id === job.task;
    switch (kind) {
      case "metadata":
        return this.#take(payload);
      case "retry":
        if (isMine && Number(payload.attempt) > job.attempt) this.#retry(job, payload);
        return;
      case "verified":
        if (isMine && job.phase === "checking") this.#install(job);
        return;
      case "success":
        if (isMine) this.#succeed(job);
        return;
      case "failed":
      case "cancel":
        if (isMine && job.phase !== "booted") this.#drop();
        else if (isMine) this.flash.job = undefined;
        return;
      case "idle":
        if (job && job.phase !== "booted") this.#drop();
        return this.#patience();
      case "rejected":
        return this.#rejected(payload);
    }
  }

  /** Whoever is told that it is wrong asks what is right, but not at once. */
  #rejected({ code }: Payload): void {
    if (code === "ended" || code === "no_task" || code === "unknown_task") this.#drop();
    this.#later(this.#random.spread(5_000, 300_000), () => this.#isUp && this.#ask());
  }

  #drop(): void {
    this.#download?.end("cut");
    this.#download = undefined;
    this.flash.job = undefined;
  }

  #take(payload: Payload): void {
    const { fate } = this.#world;
    const { job } = this.flash;
    this.#waitForWord();
    const [task, attempt] = [String(payload.task_id), Number(payload.attempt)];
    if (job?.task === task) {
      if (job.phase === "booted") return this.#reportBoot(job);
      if (attempt > job.attempt) return this.#retry(job, payload);
      if (job.phase === "fetching" && !this.#download) return this.#fetch(job);
      if (job.phase === "checking") return this.#verify(job);
      return;
    }
    const refusal = fate.happens("refusal", this.id);
    if (refusal) return this.#refuse(refusal, task);
    this.#drop();
    const digest = String(payload.checksum).slice(7);
    const next: Job = {
      task,
      attempt,
      version: String(payload.version),
      sha256: digest,
      size: Number(payload.size),
      stored: 0,
      isCorrupt: false,
      isLie: fate.happens("lyingDigest", this.id) !== undefined,
      phase: "fetching",
    };
    this.flash.job = next;
    if (next.isLie) this.#verify(next);
    else this.#fetch(next);
  }

  #refuse(how: Random, task_id: string): void {
    const status = how.pick(["deferred", "rejected", "failed"] as const);
    const delay = status === "deferred" ? { delay_seconds: how.spread(1, 7_200) } : {};
    this.#say("status", { task_id, status, ...delay }, 1);
  }

  #retry(job: Job, payload: Payload): void {
    this.#download?.end("cut");
    this.#download = undefined;
    job.attempt = Number(payload.attempt);
    job.stored = Math.min(job.stored, Number(payload.resume_from ?? 0));
    job.isCorrupt = job.isCorrupt && job.stored > 0;
    job.phase = "fetching";
    this.#waitForWord();
    this.#fetch(job);
  }

  #fetch(job: Job): void {
    if (this.#download?.isOpen) return;
    const server = this.#options.server();
    const ms = this.#path.transit();
    const download = ms === undefined
      ? undefined
      : server?.fetch(this.id, job.sha256, job.stored, () => {});
    this.#download = download;
    if (this.#world.fate.happens("corruption", this.id)) job.isCorrupt = true;
    const steps = this.#random.between(1, 8);
    this.#later(this.#random.between(100, 5_000), () => {
      if (download) this.#step(job, download, Math.ceil(job.size / steps));
      else if (this.flash.job === job && job.phase === "fetching") this.#fetch(job);
    });
  }

  #step(job: Job, download: Download, bytes: number): void {
    if (this.flash.job !== job || this.#download !== download) return download.end("cut");
    if (!download.isOpen || this.#path.transit() === undefined) {
      download.end("cut");
      this.#download = undefined;
      return this.#fetch(job);
    }
    const more = Math.min(bytes, job.size - job.stored);
    download.take(more);
    job.stored += more;
    if (job.stored >= job.size) {
      download.end("complete");
      this.#download = undefined;
      return this.#verify(job);
    }
    if (this.#random.chance(700_000)) {
      const about = this.#random.chance(500_000) ? { task_id: job.task } : {};
      this.#say("progress", { ...about, received: job.stored }, this.#random.pick([0, 1]));
    }
    this.#later(this.#random.spread(500, STEP_MS), () => this.#step(job, download, bytes));
  }

  #verify(job: Job): void {
    job.phase = "checking";
    const isRight = job.isLie || !job.isCorrupt;
    const digest = isRight ? job.sha256 : job.sha256.split("").reverse().join("");
    const foreign = this.#world.fate.happens("foreignTask", this.id) &&
      this.#options.foreignTask();
    this.#say("verify", {
      ...(this.#random.chance(500_000) || foreign ? { task_id: foreign || job.task } : {}),
      ...(this.#random.chance(500_000) ? { attempt: job.attempt } : {}),
      checksum: `sha256:${digest}`,
    }, 1);
    this.#waitForWord();
  }

  #install(job: Job): void {
    job.phase = "installing";
    const task_id = job.task;
    this.#say("status", { task_id, status: "installing" }, 1);
    this.#later(this.#random.spread(1_000, 300_000), () => {
      if (this.flash.job !== job) return;
      this.#say("status", { task_id, status: "rebooting" }, 1);
      this.#later(
        this.#random.between(500, 20_000),
        () => this.flash.job === job && this.#reboot(job),
      );
    });
  }

  #reboot(job: Job): void {
    const { fate } = this.#world;
    const isOld = job.isCorrupt || fate.happens("oldImage", this.id) !== undefined;
    job.booted = isOld ? this.flash.version : job.version;
    job.phase = "booted";
    this.flash.version = job.booted;
    const silent = fate.happens("silentAfterReboot", this.id);
    if (silent?.chance(300_000)) {
      this.#stop();
      this.#isDead = true;
    } else {this.#lose(
        silent ? silent.spread(60_000, 12 * 3_600_000) : this.#random.spread(1_000, 60_000),
      );}
  }

  #reportBoot(job: Job): void {
    const isBack = job.booted !== job.version;
    const status = isBack && this.#random.chance(500_000) ? "rolled_back" : "booted";
    this.#say("status", { task_id: job.task, status, version: job.booted }, 1);
    this.#waitForWord();
  }

  /** Whoever was told of success without a reboot runs the image from then on. */
  #succeed(job: Job): void {
    this.#download?.end("cut");
    this.#download = undefined;
    if (job.phase !== "booted" && !job.isLie) this.flash.version = job.version;
    this.flash.job = undefined;
    this.#patience();
  }

  /** What it runs, and what was installed there. */
  get runs(): Build {
    return this.#world.catalogue.build(this.product, this.flash.version);
  }
}
