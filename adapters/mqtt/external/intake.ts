/** From the broker's messages to inputs of the engine. */
import { inboundOutcome, InboundQueue } from "../../../core/engine/mod.ts";
import type {
  EngineApi,
  InboundMessage,
  InboundOutcome,
  InboundQueueOptions,
  TakenPackets,
} from "../../../core/engine/mod.ts";
import type { Publish } from "./publish.ts";
import { readSaid } from "./said.ts";
import type { Said, SaidOptions } from "./said.ts";

/** How the intake works for one session at the broker. */
export interface IntakeOptions extends SaidOptions {
  readonly engine: EngineApi;
}

/** A message, read. */
type Read = InboundMessage & { readonly said: Said };

/** What the intake wants of the connection that the messages come by. */
export type IntakeLine = Omit<InboundQueueOptions<Read>, "taken" | "decide">;

/** Takes the messages of one connection. */
export class Intake {
  readonly #options: IntakeOptions;
  readonly #queue: InboundQueue<Read>;

  /** `taken` outlives the connection: what was acknowledged may have been cut off on its way. */
  constructor(options: IntakeOptions, taken: TakenPackets, line: IntakeLine) {
    this.#options = options;
    this.#queue = new InboundQueue({
      ...line,
      taken,
      decide: (message) => this.#decide(message),
    });
  }

  /** Takes a message; `isDecided`: it was decided on before, and is acknowledged alone. */
  take(publish: Publish, isDecided = false): void {
    this.#queue.take(publish.id, () => isDecided ? undefined : this.#read(publish));
  }

  /** Takes nothing more; what the engine has is acknowledged when it is durable. */
  hush(): void {
    this.#queue.hush();
  }

  /** Acknowledges nothing any more. */
  close(): void {
    this.#queue.close();
  }

  #read(publish: Publish): Read | undefined {
    const said = readSaid(publish, this.#options);
    if (!said) return undefined;
    const { device, key } = said;
    const isRequest = said.what === "input" && said.input.kind === "report" &&
      said.input.report === "request";
    const bytes = publish.payload?.length ?? 0;
    return { device, key, isRepeat: publish.dup, isRequest, bytes, said };
  }

  async #decide({ device, key, isRepeat, said }: Read): Promise<InboundOutcome> {
    const { engine } = this.#options;
    if (said.what === "gone") return await engine.left(device) ? "taken" : "later";
    const { input } = said;
    const packet = key === undefined ? undefined : { key, isRepeat };
    const answer = await engine.submit(input.kind === "report" ? { ...input, packet } : input);
    if (answer.ok) engine.heard(device);
    return inboundOutcome(answer);
  }
}
