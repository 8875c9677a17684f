/** How far an answer with bytes of an image has come; the engine counts it. */
import type { EngineApi, ServedRange } from "../../../core/engine/mod.ts";
import type { HttpDeps } from "../route.ts";
import { newNumber } from "../wire.ts";

/** One answer. */
export class Meter implements ServedRange {
  readonly from: number;
  readonly connection: number;
  readonly #clock: Pick<EngineApi, "now">;
  #sent = 0;
  #sentAt = 0;
  #state: ServedRange["state"] = "open";

  /** Begins at byte `from`; `clock` gives engine time. */
  constructor(from: number, connection: number, clock: Pick<EngineApi, "now">) {
    this.from = from;
    this.connection = connection;
    this.#clock = clock;
  }

  get sent(): number {
    return this.#sent;
  }

  get sentAt(): number {
    return this.#sentAt;
  }

  get state(): ServedRange["state"] {
    return this.#state;
  }

  /** So many more bytes left. */
  given(bytes: number): void {
    this.#sent += bytes;
    this.#sentAt = this.#clock.now();
  }

  /** It is over. */
  end(how: "complete" | "cut" | "stalled"): void {
    this.#state = how;
  }
}

/** One that begins at byte `from`. A proxy keeps connections for whomever: there each answer is on its own. */
export function meterOf(
  { engine, offload }: Pick<HttpDeps, "engine" | "offload">,
  from: number,
  connection: number,
): Meter {
  return new Meter(from, offload ? newNumber() : connection, engine);
}
