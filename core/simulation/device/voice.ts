/** What a device says: one report at a time and in order, each until it was taken. */
import type { ReportKind } from "../../protocol/mod.ts";
import type { Link, Outgoing } from "../network/link.ts";
import type { Random } from "../chance/random.ts";
import type { Flash } from "./flash.ts";

/** How many of its reports a device remembers to have sent. */
const SAID_MAX = 50;
/** A report that was not taken is sent again after so long. */
const AGAIN_MS = { min: 2_000, max: 30_000 };

/** What a voice needs. */
export interface VoiceOptions {
  readonly flash: Flash;
  readonly random: Random;
  /** Does something later, if the device has power until then. */
  readonly later: (ms: number, run: () => void) => void;
}

/** The voice of a device. */
export class Voice {
  readonly #options: VoiceOptions;
  #link: Link | undefined;
  /** Whether the first report of the outbox is under way. */
  #isSending = false;

  constructor(options: VoiceOptions) {
    this.#options = options;
  }

  /** It can talk from now on. */
  open(link: Link): void {
    this.#link = link;
    this.#flush();
  }

  /** It cannot any more: whether what was under way has arrived, it does not know. */
  close(): void {
    this.#link = undefined;
    this.#isSending = false;
    this.#markRepeats();
  }

  /** Says what it said long ago, again. */
  repeatOld(how: Random): void {
    const { flash } = this.#options;
    if (flash.said.length > 0) flash.outbox.push(how.pick(flash.said));
  }

  /** Says something, now or as soon as it can; at QoS 0 now or never. */
  say(kind: ReportKind, body: object | string, qos: 0 | 1 = 1): void {
    const { flash } = this.#options;
    const payload = typeof body === "string" ? body : JSON.stringify(body);
    const report: Outgoing = { kind, payload, qos, isRepeat: false, packet: ++flash.packet };
    if (qos === 0) return void this.#link?.report(report, () => {});
    flash.outbox.push(report);
    this.#flush();
  }

  #flush(): void {
    const { flash } = this.#options;
    const [report] = flash.outbox;
    const link = this.#link;
    if (!report || !link || this.#isSending) return;
    this.#isSending = true;
    link.report(report, (isTaken) => {
      if (link === this.#link) this.#done(report, isTaken);
    });
  }

  #done(report: Outgoing, isTaken: boolean): void {
    const { flash, later, random } = this.#options;
    this.#isSending = false;
    if (!isTaken) {
      this.#markRepeats();
      return later(random.between(AGAIN_MS.min, AGAIN_MS.max), () => this.#flush());
    }
    flash.outbox = flash.outbox.filter(({ packet }) => packet !== report.packet);
    flash.said = [...flash.said, { ...report, isRepeat: true }].slice(-SAID_MAX);
    this.#flush();
  }

  #markRepeats(): void {
    const { flash } = this.#options;
    flash.outbox = flash.outbox.map((report) => ({ ...report, isRepeat: true }));
  }
}
