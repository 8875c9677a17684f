/**
 * The link to a broker that the team already runs: connects, comes back when it is lost, and tells
 * the engine when devices can be reached. It decides nothing about what they say.
 */
import { retryMs } from "../../../core/network/mod.ts";
import { TakenPackets } from "../../../core/engine/mod.ts";
import type {
  BrokerSession,
  EngineApi,
  OutboundChunk,
  OutboundMessage,
} from "../../../core/engine/mod.ts";
import type { MqttWay } from "../way.ts";
import { addressText } from "./dial.ts";
import { Life } from "./life.ts";
import type { LifeOptions } from "./life.ts";
import { Outlet } from "./outlet.ts";
import { PathMeter } from "./path_meter.ts";
import { BrokerTrouble, troubleOf } from "./trouble.ts";
import type { Step } from "./trouble.ts";

/**
 * How to reach the broker, and whom to tell. `clientId` has at most 20 letters and digits and is the
 * same at every start on the same log; `versions` are tried in their order.
 */
export interface LinkOptions
  extends Pick<LifeOptions, "broker" | "versions" | "prefix" | "clientId" | "knownPackets"> {
  /** Which session at the broker it is. */
  readonly session: BrokerSession;
  /** A sentence for the operator, each time another step fails. */
  onTrouble(sentence: string): void;
  /** The broker can be reached; `isAgain`: after somebody was told that it cannot. */
  onUp(isAgain: boolean): void;
}

/** A link that lived so long was good: the next tries begin anew. */
const GOOD_MS = 60_000;

/** The way to devices behind a broker. */
export class BrokerLink implements MqttWay {
  readonly #options: LinkOptions;
  readonly #meter = new PathMeter();
  readonly #taken = new TakenPackets();
  readonly #closing = new AbortController();
  /** The version of MQTT that the broker has spoken with us. */
  #spoken: LifeOptions["spoken"];
  #outlet: Outlet | undefined;
  #run: Promise<void> | undefined;
  #life: Life | undefined;
  /** The step that the operator was told of. */
  #failed: Step | undefined;
  #isClosing = false;
  /** Whether the broker knew nothing of us, and the engine was not told yet. */
  #isForgotten = false;
  /** Whether the session that the broker keeps has no name yet. */
  #isNameless = false;

  /** Nothing is done before `start`. */
  constructor(options: LinkOptions) {
    this.#options = options;
  }

  /** Whether devices can be reached now. */
  get isUp(): boolean {
    return this.#life !== undefined && !this.#isClosing;
  }

  /** What is known of the path to the broker. */
  get path(): Pick<PathMeter, "keepaliveS" | "rttMs"> {
    return this.#meter;
  }

  get connections(): number {
    return this.isUp ? 2 : 0;
  }

  /** Begins to connect, and goes on until `close`, whether or not there is a broker. */
  open(engine: EngineApi): Promise<string> {
    const { broker, prefix } = this.#options;
    this.#outlet = new Outlet({ engine, prefix });
    this.#run = this.#keepUp(engine, this.#outlet);
    return Promise.resolve(`${broker.isTls ? "mqtts" : "mqtt"}://${addressText(broker)}`);
  }

  send(message: OutboundMessage): void {
    this.#outlet?.send(message);
  }

  sendChunk(chunk: OutboundChunk): void {
    if (this.#outlet) this.#outlet.sendChunk(chunk);
    else chunk.done("lost");
  }

  async room(): Promise<void> {
    await this.#outlet?.room();
  }

  /** Whoever is connected to the broker can be cut by nobody but the broker. */
  disconnect(): void {}

  /** Takes nothing more from the broker: it keeps what comes for the next start. */
  hush(): void {
    this.#isClosing = true;
    this.#life?.hush();
  }

  /** Says goodbye to the broker. */
  async close(): Promise<void> {
    this.hush();
    this.#closing.abort();
    await this.#run;
  }

  async #keepUp(engine: EngineApi, outlet: Outlet): Promise<void> {
    for (let failures = 1; !this.#isClosing; failures++) {
      const startedAt = performance.now();
      const trouble = await this.#live(engine, outlet);
      if (this.#isClosing || !trouble) return;
      this.#complain(trouble);
      // Nor is it the broker's fault when the engine cannot take what comes.
      const isGood = performance.now() - startedAt > GOOD_MS || trouble.step === "unwell";
      if (isGood) failures = 1;
      await this.#pause(retryMs(failures, Math.random()));
    }
  }

  /** One life; why it ended, or `undefined` when it was closed. */
  async #live(engine: EngineApi, outlet: Outlet): Promise<BrokerTrouble | undefined> {
    const [meter, taken] = [this.#meter, this.#taken];
    const { signal } = this.#closing;
    try {
      await using stack = new AsyncDisposableStack();
      const meetSession = (isKept: boolean) => this.#meetSession(isKept);
      const passing = { engine, outlet, meter, taken, signal, meetSession, spoken: this.#spoken };
      const life = await Life.open({ ...this.#options, ...passing });
      stack.defer(() => life.close());
      if (this.#isClosing) return undefined;
      this.#begin(life, engine);
      stack.defer(() => this.#end(engine));
      return await unlessAborted(signal, life.gone);
    } catch (error) {
      return troubleOf(error, addressText(this.#options.broker), "closed");
    }
  }

  #begin(life: Life, engine: EngineApi): void {
    this.#life = life;
    this.#spoken = life.version;
    engine.reachable(true, this.#isForgotten);
    this.#isForgotten = false;
    this.#options.onUp(this.#failed !== undefined);
    this.#failed = undefined;
  }

  #end(engine: EngineApi): void {
    this.#life = undefined;
    engine.reachable(false);
  }

  /** Packet ids begin again, and what devices said meanwhile nobody kept. */
  async #meetSession(isKept: boolean): Promise<void> {
    if (!isKept) {
      this.#isForgotten = this.#isNameless = true;
      this.#taken.clear();
    }
    if (!this.#isNameless) return;
    const { session, broker } = this.#options;
    await session.renew().catch((error) => {
      throw new BrokerTrouble("unwell", addressText(broker), error.message, { cause: error });
    });
    this.#isNameless = false;
  }

  /** What the system says of one and the same fault differs from try to try. */
  #complain({ step, message }: BrokerTrouble): void {
    if (step !== this.#failed) this.#options.onTrouble(message);
    this.#failed = step;
  }

  async #pause(ms: number): Promise<void> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const over = new Promise<void>((resolve) => timer = setTimeout(resolve, ms));
    await unlessAborted(this.#closing.signal, over);
    clearTimeout(timer);
  }
}

/** What the promise resolves with; `undefined` when that is called off. Leaves nothing behind. */
async function unlessAborted<T>(signal: AbortSignal, promise: Promise<T>): Promise<T | undefined> {
  const { promise: off, resolve } = Promise.withResolvers<undefined>();
  const callOff = () => resolve(undefined);
  signal.addEventListener("abort", callOff);
  if (signal.aborted) callOff();
  try {
    return await Promise.race([promise, off]);
  } finally {
    signal.removeEventListener("abort", callOff);
  }
}
