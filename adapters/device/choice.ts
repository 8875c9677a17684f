/**
 * By which transport the bytes come now: the recommended one, the other one while that fails, and when
 * another try of it is due. Pure; times in ms of a clock that never steps.
 */
import type { Mode, Transport } from "./options.ts";

/**
 * What a transport has to do: fetch all that is missing; a little of it, as a try whether it works again;
 * as little, to show the engine, which recommends the other one, that it works; or nothing.
 */
export type Duty = "all" | "try" | "probe" | "none";

/** So many failures one after the other, without a byte between them, and a transport does not work. */
const FAILURES = 2;
/** What failed is tried again so soon while there is nothing better, twice as late each time. */
const AGAIN_MS = 250;
const AGAIN_MAX_MS = 4_000;
/** And so soon while the other one works. */
const TRY_MS = 5_000;
const TRY_MAX_MS = 60_000;
/** What was left on advice is probed after so long, and again so soon as long as it works. */
const PROBE_MS = 10_000;
const PROBE_AGAIN_MS = 1_000;

interface Way {
  /** Failures since it last worked. */
  failures: number;
  /** When it last failed. */
  failedAt: number;
  /** Not to be asked before then, as the engine said. */
  laterAt: number;
  /** Not to be probed before then. */
  probeAt: number;
  /** Whether there is a connection to ask over. */
  isUp: boolean;
}

/** The choice of one device. */
export class Choice {
  readonly #mode: Mode;
  readonly #onSwitch: (to: Transport, why: string) => void;
  readonly #ways: Readonly<Record<Transport, Way>> = {
    http: { failures: 0, failedAt: 0, laterAt: 0, probeAt: 0, isUp: true },
    mqtt: { failures: 0, failedAt: 0, laterAt: 0, probeAt: 0, isUp: false },
  };
  #recommended: Transport = "http";
  /** What the bytes come by, as last said; `undefined`: nothing is fetched. */
  #said: Transport | undefined;

  /** `onSwitch` is told of each change while something is fetched, with the reason for a person. */
  constructor(mode: Mode, onSwitch: (to: Transport, why: string) => void = () => {}) {
    this.#mode = mode;
    this.#onSwitch = onSwitch;
  }

  /** What the bytes come by. */
  get main(): Transport {
    if (this.#mode !== "auto") return this.#mode;
    const [first, second] = [this.#recommended, other(this.#recommended)];
    if (this.works(first)) return first;
    if (this.works(second) || !this.#ways[first].isUp) return second;
    return first;
  }

  /** Something is fetched from now on, until that is disposed of: only then a change is one. */
  begin(): Disposable {
    this.#said = this.main;
    return { [Symbol.dispose]: () => void (this.#said = undefined) };
  }

  /** Whether bytes can be expected of it. */
  works(transport: Transport): boolean {
    const { isUp, failures } = this.#ways[transport];
    return isUp && failures < FAILURES;
  }

  /** Whether the bytes can come by the other one as well, should this one fail. */
  hasOther(transport: Transport): boolean {
    return this.#mode === "auto" && this.works(other(transport));
  }

  /** What a transport has to do now. */
  duty(transport: Transport, now: number): Duty {
    if (this.#mode !== "auto" && this.#mode !== transport) return "none";
    if (!this.#ways[transport].isUp || this.dueInMs(transport, now) > 0) return "none";
    if (this.main === transport) return "all";
    if (transport === this.#recommended || !this.works(this.main)) return "try";
    // Of MQTT every report is a sign that it works.
    return transport === "http" ? "probe" : "none";
  }

  /** How long until it may be asked again; 0: it may be. */
  dueInMs(transport: Transport, now: number): number {
    const { failures, failedAt, laterAt, probeAt } = this.#ways[transport];
    const [first, max, count] = failures >= FAILURES && this.hasOther(transport)
      ? [TRY_MS, TRY_MAX_MS, failures - FAILURES]
      : [AGAIN_MS, AGAIN_MAX_MS, failures - 1];
    const againAt = failures === 0 ? 0 : failedAt + Math.min(first * 2 ** count, max);
    const isLeft = this.main !== transport && this.#recommended !== transport;
    return Math.max(0, againAt - now, laterAt - now, isLeft ? probeAt - now : 0);
  }

  /** The engine recommends it; where it did not before it knows why, whatever has failed meanwhile. */
  recommend(transport: Transport, why: string, now: number): void {
    if (transport === this.#recommended) return;
    this.#recommended = transport;
    this.#ways[transport].failures = 0;
    this.#ways[other(transport)].probeAt = now + PROBE_MS;
    this.#changed(why);
  }

  /** The broker is connected, or is not. */
  line(isUp: boolean): void {
    this.#ways.mqtt.isUp = isUp;
    this.#changed(isUp ? "the broker is connected" : "the broker is not connected");
  }

  /** Bytes came by it. */
  worked(transport: Transport, now: number): void {
    const way = this.#ways[transport];
    if (transport !== this.#recommended) way.probeAt = now + PROBE_AGAIN_MS;
    if (way.failures === 0) return;
    way.failures = 0;
    this.#changed(`${nameOf(transport)} works again`);
  }

  /** What was asked for did not come; `isDeaf`: nor did anything else, which is no accident. */
  failed(transport: Transport, why: string, now: number, isDeaf = false): void {
    const way = this.#ways[transport];
    way.failures = Math.max(way.failures + 1, isDeaf ? FAILURES : 0);
    way.failedAt = now;
    this.#changed(`${nameOf(transport)}: ${why}`);
  }

  /** It is not to be asked for so long, and has not failed. */
  later(transport: Transport, ms: number, now: number): void {
    this.#ways[transport].laterAt = now + ms;
  }

  #changed(why: string): void {
    const { main } = this;
    if (this.#said === undefined || main === this.#said) return;
    this.#said = main;
    this.#onSwitch(main, why);
  }
}

/** The other one. */
export function other(transport: Transport): Transport {
  return transport === "http" ? "mqtt" : "http";
}

/** As a person writes it. */
export function nameOf(transport: Transport): string {
  return transport.toUpperCase();
}
