/**
 * How a device fetches an image: over HTTP or over MQTT, by whichever it may. One that may use both goes on
 * with the other where the one fails it, at the byte where it stopped.
 */
import type { OutboundChunk } from "../../engine/mod.ts";
import type { Random } from "../chance/random.ts";
import type { Transport } from "../network/network.ts";
import type { Job } from "./flash.ts";
import type { Body, Payload } from "./mechanic.ts";
import { PartFetching } from "./part_fetching.ts";
import { RangeFetching } from "./range_fetching.ts";
import type { RangeEvents } from "./range_fetching.ts";

/** After so many failures in a row a device tries the other way. */
const FAILURES = { min: 1, max: 3 };
const HALF_PPM = 500_000;
/** So many in a million of those who may use both do what the engine says. */
const FOLLOWER_PPM = 800_000;

/** What becomes of a download. */
export interface FetchingEvents {
  /** Everything is stored. */
  stored(job: Job): void;
  /** More is stored. */
  progress(job: Job): void;
  /** It was cut, and goes on if this says so. */
  cut(job: Job): boolean;
}

/** The download of a device. */
export class Fetching {
  readonly #body: Body;
  readonly #random: Random;
  readonly #ways: { readonly http: RangeFetching; readonly mqtt: PartFetching };
  #job: Job | undefined;
  readonly #isFollower: boolean;
  /** What the engine said last. */
  #advised: Transport | undefined;
  #uses: Transport;
  /** Of the way in use, since it brought something. */
  #failures = 0;
  #failuresMax = FAILURES.max;

  constructor(body: Body, events: FetchingEvents) {
    this.#body = body;
    this.#random = body.world.fate.about(`ways of ${body.id}`);
    this.#isFollower = body.bytes === "either" && this.#random.chance(FOLLOWER_PPM);
    this.#uses = body.bytes === "mqtt" ? "mqtt" : "http";
    const own: RangeEvents = {
      stored: (job) => events.stored(job),
      progress: (job) => {
        this.#failures = 0;
        events.progress(job);
      },
      cut: (job) => events.cut(job) && this.#goesOn(job),
      missed: (job) => this.#goesOn(job),
    };
    this.#ways = { http: new RangeFetching(body, own), mqtt: new PartFetching(body, own) };
  }

  /** Fetches what is missing, unless that is under way. */
  goOn(job: Job): void {
    if (this.#job !== job) this.#begin(job);
    if (!this.#mayUse(this.#uses) && this.#mayUse(otherThan(this.#uses))) this.#switch();
    if (this.#mayUse(this.#uses)) this.#ways[this.#uses].goOn(job);
  }

  /** The engine says how it had better fetch: news are followed, by whoever listens to them. */
  advise({ transport, chunk_bytes, chunks_in_flight }: Payload): void {
    if (!this.#isFollower || transport !== "http" && transport !== "mqtt") return;
    if (chunk_bytes !== undefined && chunks_in_flight !== undefined) {
      this.#ways.mqtt.plan(Number(chunk_bytes), Number(chunks_in_flight));
    }
    const isNews = transport !== this.#advised;
    this.#advised = transport;
    if (!isNews || transport === this.#uses || !this.#mayUse(transport)) return;
    const job = this.#job;
    this.#switch();
    if (job && this.#isWanted(job)) this.#ways[this.#uses].goOn(job);
  }

  /** What it asked for is out of range: perhaps it is too much at once. */
  askLess(): void {
    this.#ways.mqtt.askLess();
  }

  /** Bytes came, of whatever task. */
  take(chunk: OutboundChunk): void {
    if (this.#uses === "mqtt") this.#ways.mqtt.take(chunk);
  }

  /** The link is gone: what was asked for by it may never come. */
  lost(): void {
    if (this.#uses === "http") return;
    this.#ways.mqtt.lost();
    const job = this.#job;
    if (!job || !this.#isWanted(job) || !this.#mayUse("http")) return;
    if (this.#random.chance(HALF_PPM)) return;
    this.#switch();
    this.#ways.http.goOn(job);
  }

  /** Fetches nothing more. */
  end(): void {
    for (const way of Object.values(this.#ways)) way.end();
    this.#job = undefined;
  }

  #begin(job: Job): void {
    this.#job = job;
    this.#failures = 0;
    if (this.#body.bytes !== "either") return;
    this.#failuresMax = this.#random.between(FAILURES.min, FAILURES.max);
    this.#uses = this.#advised ?? this.#random.pick(["mqtt", "http"]);
  }

  #isWanted(job: Job): boolean {
    return this.#body.flash.job === job && job.phase === "fetching";
  }

  #mayUse(transport: Transport): boolean {
    const { bytes, canAsk } = this.#body;
    return transport === "http" ? bytes !== "mqtt" : bytes !== "http" && canAsk();
  }

  /** Whether the way that failed is tried again: else the other one goes on. */
  #goesOn(job: Job): boolean {
    const isWeary = ++this.#failures >= this.#failuresMax;
    if (!isWeary || !this.#mayUse(otherThan(this.#uses))) return true;
    this.#switch();
    this.#ways[this.#uses].goOn(job);
    return false;
  }

  #switch(): void {
    this.#ways[this.#uses].end();
    this.#uses = otherThan(this.#uses);
    this.#failures = 0;
  }
}

function otherThan(transport: Transport): Transport {
  return transport === "http" ? "mqtt" : "http";
}
