/** What a device does about its task: it fetches, checks, installs and boots what it is offered. */
import { versionOf, VERSIONS, WISHED } from "../catalogue.ts";
import type { HttpServer } from "../front/http.ts";
import type { OutboundChunk } from "../../engine/mod.ts";
import type { AskKind } from "../../protocol/mod.ts";
import type { Path, Transport } from "../network/network.ts";
import type { Random } from "../chance/random.ts";
import type { World } from "../world.ts";
import { Fetching } from "./fetching.ts";
import type { Flash, Job } from "./flash.ts";
import type { Voice } from "./voice.ts";

/** Whoever waits for a word asks again after so long. */
const PATIENCE_MS = { min: 300_000, max: 900_000 };
/** Whoever has nothing to do asks again after so long (PROTOCOL §1, `ask_again_seconds`). */
const IDLE_MS = { min: 3_000_000, max: 3_600_000 };
/** Longest silence after a reboot, of those that end. */
const SILENT_MS = 12 * 3_600_000;
/** Of those who fall silent after a reboot, so many in a million are never heard again. */
const DEAD_PPM = 300_000;
const QUARTER_PPM = 250_000;
const HALF_PPM = 500_000;

/** What a device is told. */
export type Payload = Readonly<Record<string, unknown>>;

/** The rest of the device. */
export interface Body {
  readonly id: string;
  readonly product: string | null;
  readonly world: World;
  readonly flash: Flash;
  readonly random: Random;
  readonly path: Path;
  readonly voice: Voice;
  /** Where the bytes are. */
  readonly server: () => HttpServer | undefined;
  /** How it fetches images. */
  readonly bytes: Transport | "either";
  /** Whether it can ask for bytes now. */
  canAsk(): boolean;
  /** Asks for bytes or digests, if it can now: nobody says whether that arrives. */
  ask(kind: AskKind, body: object): void;
  /** The id of a task that is not its own. */
  readonly foreignTask: () => string | undefined;
  /** Whether it is heard now. */
  isUp(): boolean;
  /** Does something later, if it has power until then; the returned function takes it back. */
  later(ms: number, run: () => void): () => void;
  /** It goes off and comes back after `ms`; `undefined`: never. */
  goOff(ms: number | undefined): void;
}

/** The part of a device that works. */
export interface WorkingPart {
  /** It has power and a link. */
  begin(): void;
  /** It has no power any more. */
  stop(): void;
  /** It is told something. */
  receive(kind: string, payload: Payload): void;
  /** Bytes of an image come to it. */
  take(chunk: OutboundChunk): void;
  /** Its link is gone. */
  lost(): void;
}

/** It says what it does, and does what it is told. */
export class Mechanic implements WorkingPart {
  readonly #body: Body;
  readonly #fetching: Fetching;
  #patience = () => {};

  constructor(body: Body) {
    this.#body = body;
    this.#fetching = new Fetching(body, {
      stored: (job) => this.#verify(job),
      progress: (job) => this.#sayProgress(job),
      cut: () => true,
    });
  }

  /** It has power and a link: it says what came of its reboot, or asks for work. */
  begin(): void {
    const { job } = this.#body.flash;
    if (job?.phase === "booted") this.#reportBoot(job);
    else this.#ask();
  }

  /** It has no power any more. */
  stop(): void {
    this.#fetching.end();
    this.#patience();
  }

  take(chunk: OutboundChunk): void {
    this.#fetching.take(chunk);
  }

  lost(): void {
    this.#fetching.lost();
  }

  /** Takes a message. */
  receive(kind: string, payload: Payload): void {
    const { job } = this.#body.flash;
    const own = job?.task === payload.task_id ? job : undefined;
    switch (kind) {
      case "metadata":
        this.#fetching.advise(payload);
        return this.#take(payload);
      case "transport":
        return this.#fetching.advise(payload);
      case "retry":
        return own && Number(payload.attempt) > own.attempt ? this.#retry(own, payload) : undefined;
      case "verified":
        return own?.phase === "checking" ? this.#install(own) : undefined;
      case "success":
        return own && this.#succeed(own);
      case "failed":
      case "cancel":
        return own && this.#drop();
      case "idle":
        if (job?.phase !== "booted") this.#drop();
        return this.#waitForWord(IDLE_MS);
      case "rejected":
        return this.#rejected(payload);
    }
  }

  /** Asks what there is to do, and again when it hears nothing. */
  #ask(): void {
    const { id, flash: { version, job }, product, random, voice, world } = this.#body;
    const resumes = job?.phase === "fetching" && random.chance(HALF_PPM);
    const wish = world.fate.happens("wish", id);
    const wished = wish && (wish.chance(HALF_PPM) ? WISHED : versionOf(wish.between(1, VERSIONS)));
    voice.say("request", {
      current_version: version,
      ...(wished ? { version: wished } : {}),
      ...(product === null || random.chance(HALF_PPM) ? {} : { product }),
      ...(resumes ? { resume_from: job.stored } : {}),
      ...(this.#body.bytes === "mqtt" ? { transport: "mqtt" } : {}),
    });
    this.#waitForWord();
  }

  #waitForWord({ min, max } = PATIENCE_MS): void {
    const { random, later } = this.#body;
    this.#patience();
    this.#patience = later(random.between(min, max), () => {
      if (this.#body.isUp()) this.#ask();
      else this.#waitForWord();
    });
  }

  #sayProgress({ task, stored: received }: Job): void {
    const { random, voice } = this.#body;
    if (random.chance(QUARTER_PPM)) return;
    const about = random.chance(HALF_PPM) ? { task_id: task } : {};
    voice.say("progress", { ...about, received }, random.pick([0, 1]));
  }

  /** Whoever is told that it is wrong asks what is right, but not at once. */
  #rejected({ code }: Payload): void {
    if (code === "ended" || code === "no_task" || code === "unknown_task") this.#drop();
    if (code === "out_of_range") this.#fetching.askLess();
    const { random, later } = this.#body;
    later(random.spread(5_000, 300_000), () => {
      if (this.#body.isUp()) this.#ask();
    });
  }

  #take(payload: Payload): void {
    const { world: { fate }, flash, id } = this.#body;
    this.#waitForWord();
    const { job } = flash;
    if (job?.task === payload.task_id) return this.#goOn(job!, payload);
    const refusal = fate.happens("refusal", id);
    if (refusal) return this.#refuse(refusal, String(payload.task_id));
    this.#drop();
    const next: Job = {
      task: String(payload.task_id),
      attempt: Number(payload.attempt),
      version: String(payload.version),
      sha256: String(payload.checksum).slice("sha256:".length),
      size: Number(payload.size),
      stored: 0,
      isCorrupt: false,
      isLie: fate.happens("lyingDigest", id) !== undefined,
      phase: "fetching",
    };
    flash.job = next;
    if (next.isLie) this.#verify(next);
    else this.#fetching.goOn(next);
  }

  /** It is told of the task that it has in hand. */
  #goOn(job: Job, payload: Payload): void {
    if (job.phase === "booted") return this.#reportBoot(job);
    if (Number(payload.attempt) > job.attempt) return this.#retry(job, payload);
    if (job.phase === "fetching") return this.#fetching.goOn(job);
    if (job.phase === "checking") return this.#verify(job);
  }

  #refuse(how: Random, task_id: string): void {
    const status = how.pick(["deferred", "rejected", "failed"] as const);
    const delay = status === "deferred" ? { delay_seconds: how.spread(1, 7_200) } : {};
    const reason = `someone said: ${status}`;
    this.#body.voice.say("status", { task_id, status, reason, ...delay });
  }

  #retry(job: Job, payload: Payload): void {
    this.#fetching.end();
    job.attempt = Number(payload.attempt);
    job.stored = Math.min(job.stored, Number(payload.resume_from ?? 0));
    job.isCorrupt &&= job.stored > 0;
    job.phase = "fetching";
    this.#waitForWord();
    this.#fetching.goOn(job);
  }

  #verify(job: Job): void {
    const { id, random, voice, world, foreignTask } = this.#body;
    job.phase = "checking";
    const isRight = job.isLie || !job.isCorrupt;
    const digest = isRight ? job.sha256 : [...job.sha256].reverse().join("");
    const foreign = world.fate.happens("foreignTask", id) && foreignTask();
    const isNamed = random.chance(HALF_PPM) || foreign;
    voice.say("verify", {
      ...(isNamed ? { task_id: foreign || job.task } : {}),
      ...(random.chance(HALF_PPM) ? { attempt: job.attempt } : {}),
      checksum: `sha256:${digest}`,
    });
    this.#waitForWord();
  }

  #install(job: Job): void {
    const { flash, random, voice, later } = this.#body;
    const { task: task_id } = job;
    const stillInstalls = (then: () => void) => () => {
      if (flash.job === job && job.phase === "installing") then();
    };
    job.phase = "installing";
    voice.say("status", { task_id, status: "installing" });
    const reboot = stillInstalls(() => this.#reboot(job));
    const ready = stillInstalls(() => {
      voice.say("status", { task_id, status: "rebooting" });
      later(random.between(500, 20_000), reboot);
    });
    later(random.spread(1_000, 300_000), ready);
  }

  #reboot(job: Job): void {
    const { id, flash, random, world: { fate } } = this.#body;
    const isOld = job.isCorrupt || fate.happens("oldImage", id) !== undefined;
    if (!isOld) run(flash, job);
    job.booted = flash.version;
    job.phase = "booted";
    const silent = fate.happens("silentAfterReboot", id);
    if (silent?.chance(DEAD_PPM)) return this.#body.goOff(undefined);
    this.#body.goOff(silent ? silent.spread(60_000, SILENT_MS) : random.spread(1_000, 60_000));
  }

  #reportBoot(job: Job): void {
    const { random, voice } = this.#body;
    const isBack = job.booted !== job.version;
    const status = isBack && random.chance(HALF_PPM) ? "rolled_back" : "booted";
    voice.say("status", { task_id: job.task, status, version: job.booted });
    this.#waitForWord();
  }

  /** Whoever was told of success without a reboot runs the image from then on. */
  #succeed(job: Job): void {
    if (job.phase !== "booted" && !job.isLie) run(this.#body.flash, job);
    this.#drop();
    this.#waitForWord(IDLE_MS);
  }

  #drop(): void {
    this.#fetching.end();
    this.#body.flash.job = undefined;
  }
}

/** It runs the image of the job from now on. */
export function run(flash: Flash, { version, sha256 }: Job): void {
  flash.version = version;
  flash.image = sha256;
}
