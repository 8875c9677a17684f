/** From the broker's messages to inputs of the engine. */
import { inboundOutcome, InboundQueue } from "../../engine/mod.ts";
import type {
  BrokerSession,
  InboundMessage,
  InboundOutcome,
  InboundQueueOptions,
  TakenPackets,
} from "../../engine/mod.ts";
import { isReportKind } from "../../protocol/mod.ts";
import type { Running } from "../running.ts";
import { packetKeyOf } from "../network/link.ts";
import { inputOf, isSaid } from "../network/mqtt.ts";
import type { Publish, Said } from "../network/mqtt.ts";

/** A message, read. */
type Read = InboundMessage & { readonly said: Said };

/** What the intake wants of the connection that the messages come by. */
export type IntakeLine = Omit<InboundQueueOptions<Read>, "taken" | "decide">;

/** Takes the messages of one connection. */
export class BrokerIntake {
  readonly #running: Running;
  readonly #session: Pick<BrokerSession, "name">;
  readonly #queue: InboundQueue<Read>;

  /** `session`: the one that packet ids belong to; `taken` outlives the connection. */
  constructor(
    running: Running,
    session: Pick<BrokerSession, "name">,
    taken: TakenPackets,
    line: IntakeLine,
  ) {
    this.#running = running;
    this.#session = session;
    this.#queue = new InboundQueue({
      ...line,
      taken,
      decide: (message) => this.#decide(message),
    });
  }

  /** Takes a message; `isDecided`: it was decided on before, and is acknowledged alone. */
  take(publish: Publish, isDecided: boolean): void {
    const id = publish.qos > 0 ? publish.packet : undefined;
    this.#queue.take(id, () => isDecided ? undefined : this.#read(publish));
  }

  /** Acknowledges nothing any more. */
  close(): void {
    this.#queue.close();
  }

  #read({ letter: said, qos, packet, isRepeat }: Publish): Read | undefined {
    if (!isSaid(said)) return undefined;
    const { device, kind, payload } = said;
    // Whoever asks for bytes once more has not got them: no ask is a repeat.
    const isKeyed = qos > 0 && isReportKind(kind);
    const key = isKeyed ? packetKeyOf(this.#session.name, packet, said) : undefined;
    const isRequest = kind === "request";
    return { device, key, isRepeat, isRequest, bytes: payload.length, said };
  }

  async #decide({ device, key, isRepeat, said }: Read): Promise<InboundOutcome> {
    const { engine } = this.#running;
    const { kind, payload } = said;
    if (kind === "gone") return await engine.left(device) ? "taken" : "later";
    const packet = key === undefined ? undefined : { key, isRepeat };
    const answer = await this.#running.ask(inputOf(device, kind, payload, packet));
    if (answer.ok) engine.heard(device);
    return inboundOutcome(answer);
  }
}
