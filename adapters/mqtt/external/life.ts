/**
 * One life of the link to the broker: its two lines, from the first CONNECT until either is gone. Both
 * go together, as devices that can only be heard or only be told are of no use.
 */
import { DEVICE_LEVELS } from "../../../core/mod.ts";
import { Redelivered } from "../../../core/engine/mod.ts";
import type { BrokerSession, EngineApi, TakenPackets } from "../../../core/engine/mod.ts";
import { addressText } from "./dial.ts";
import { Intake } from "./intake.ts";
import { Line } from "./line.ts";
import type { LineOptions, Receiver } from "./line.ts";
import type { Outlet } from "./outlet.ts";
import { readingPublish } from "./redelivered.ts";
import type { MqttVersion, Publish } from "./publish.ts";
import { BrokerTrouble } from "./trouble.ts";
import type { Wire } from "./wire.ts";

/** What a life is made of; everything but the versions outlives it. */
export interface LifeOptions extends Pick<LineOptions, "broker" | "meter" | "signal"> {
  readonly engine: EngineApi;
  readonly outlet: Outlet;
  readonly taken: TakenPackets;
  /** Topic prefix with its leading slash. */
  readonly prefix: string;
  readonly clientId: string;
  /** The keys of the last packets of a device that are on record. */
  knownPackets(device: string): Promise<readonly string[]>;
  readonly session: Pick<BrokerSession, "name">;
  /** Whether the broker has kept our session; it goes on with the one that is named when this resolves. */
  meetSession(isKept: boolean): Promise<void>;
  /** Tried in this order. */
  readonly versions: readonly MqttVersion[];
  /** The one that the broker is known to speak. */
  readonly spoken: MqttVersion | undefined;
}

/** Whoever was not reached is called again after so long. */
const CALL_EVERY_MS = 600_000;
const SUBACK_MS = 10_000;

const deaf: Receiver = { take: () => {} };

/** A link that works. */
export class Life {
  readonly version: MqttVersion;
  /** Resolves with the reason when it is over. */
  readonly gone: Promise<BrokerTrouble>;
  readonly #lines: readonly Line[];
  readonly #options: LifeOptions;
  readonly #intake: Intake;
  readonly #calling: ReturnType<typeof setInterval>;

  private constructor(options: LifeOptions, voice: Line, ear: Line, intake: Intake) {
    this.version = voice.version;
    this.gone = Promise.race([voice.gone, ear.gone]);
    this.#lines = [ear, voice];
    this.#options = options;
    this.#intake = intake;
    this.#calling = setInterval(() => this.#callMissed(), CALL_EVERY_MS);
  }

  /** Connects both lines and subscribes. @throws {BrokerTrouble} */
  static async open(options: LifeOptions): Promise<Life> {
    const { clientId, engine, prefix, taken, outlet } = options;
    const opened: Line[] = [];
    const intakes: Intake[] = [];
    try {
      const voiceOptions = { clientId: `${clientId}out`, isKept: false, receiver: () => deaf };
      const { versions, spoken } = options;
      const voice = await openAny({ ...options, ...voiceOptions }, versions, spoken);
      opened.push(voice);
      outlet.open(voice);
      const { session, knownPackets } = options;
      const receiver = (wire: Wire) => {
        const line = lineOf(wire, options);
        const intake = new Intake({ engine, prefix, session }, taken, line);
        intakes.push(intake);
        return new Redelivered<Publish>({
          ...line,
          ...readingPublish({ prefix, session }),
          knownPackets,
          take: (publish, isDecided) => intake.take(publish, isDecided),
        });
      };
      const ear = await openAny({ ...options, clientId: `${clientId}in`, isKept: true, receiver }, [
        voice.version,
      ]);
      opened.push(ear);
      await options.meetSession(ear.connack.sessionPresent);
      await subscribe(ear, options);
      return new Life(options, voice, ear, intakes[0]!);
    } catch (error) {
      for (const intake of intakes) intake.close();
      outlet.close();
      await Promise.all(opened.map((line) => line.close()));
      throw error;
    }
  }

  /** Takes nothing more from the broker, which keeps what comes for the next life. */
  hush(): void {
    this.#intake.hush();
  }

  /** Says goodbye, as far as anybody still hears it. */
  async close(): Promise<void> {
    clearInterval(this.#calling);
    this.#intake.close();
    await Promise.all(this.#lines.map((line) => line.close()));
    this.#options.outlet.close();
  }

  #callMissed(): void {
    const { engine, outlet } = this.#options;
    if (outlet.takeMissed()) engine.callAll();
  }
}

/** The connection by the first version that the broker speaks. */
async function openAny(
  options: Omit<LineOptions, "version">,
  [version, ...others]: readonly MqttVersion[],
  spoken?: MqttVersion,
): Promise<Line> {
  try {
    return await Line.open({ ...options, version: version! });
  } catch (error) {
    // Old brokers close the connection instead of saying why; over TLS that looks like its failure.
    const steps = version === spoken ? ["version"] : ["version", "closed", "tls"];
    const isOther = error instanceof BrokerTrouble && steps.includes(error.step);
    if (!isOther || others.length === 0 || options.signal.aborted) throw error;
    return await openAny(options, others);
  }
}

/** What the intake does with a wire. */
function lineOf(wire: Wire, { broker }: LifeOptions) {
  return {
    acknowledge: (ids: readonly number[]) => wire.acknowledge(ids),
    regulate: (mayRead: boolean) => wire.regulate(mayRead),
    settle: (done: () => void) => wire.settle(done),
    refuse: () => void wire.destroy(new BrokerTrouble("unwell", addressText(broker))),
  };
}

/**
 * Asks for everything that devices may say, with QoS 1 at most. Whether a message was retained is told
 * (MQTT 5 §3.8.3.1), and those that were before us are not wanted: nobody is to publish them.
 */
async function subscribe(
  { client, wire, gone }: Line,
  { prefix, broker, signal }: LifeOptions,
): Promise<void> {
  const how = { qos: 1, rap: true, rh: 2 } as const;
  const filters = DEVICE_LEVELS.map((level) => `${prefix}/+/${level}`);
  const wanted = Object.fromEntries(filters.map((filter) => [filter, how]));
  const address = addressText(broker);
  const fail = (error: Error) => {
    throw new BrokerTrouble("subscribe", address, error.message, { cause: error });
  };
  const giveUp = () => wire.destroy(new BrokerTrouble("silent", address, "to SUBSCRIBE"));
  const late = setTimeout(giveUp, SUBACK_MS);
  signal.addEventListener("abort", giveUp);
  const lost = gone.then((trouble) => Promise.reject(trouble));
  const asked = client.subscribeAsync(wanted).catch(fail);
  const granted = await Promise.race([asked, lost]).finally(() => {
    clearTimeout(late);
    signal.removeEventListener("abort", giveUp);
  });
  const refused = granted.find(({ qos }) => qos !== 1);
  if (refused) throw new BrokerTrouble("subscribe", address, refused.topic);
}
