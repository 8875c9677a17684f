/** How far an answer with bytes of an image has come; the engine counts it. */
import type { EngineApi, ServedRange } from "../../../core/engine/mod.ts";
import type { HttpDeps } from "../route.ts";
import { newNumber } from "../wire.ts";

/** One answer. */
export class Meter implements ServedRange {
  readonly from: number;
  readonly to: number;
  readonly connection: number;
  readonly #clock: Pick<EngineApi, "now">;
  #sent = 0;
  #sentAt = 0;
  #state: ServedRange["state"] = "open";

  /** Begins at byte `from`, and is over before byte `to`; `clock` gives engine time. */
  constructor(from: number, to: number, connection: number, clock: Pick<EngineApi, "now">) {
    this.from = from;
    this.to = to;
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

/** One of these bytes. A proxy keeps connections for whomever: there each answer is on its own. */
export function meterOf(
  { engine, offload }: Pick<HttpDeps, "engine" | "offload">,
  { from, end }: { readonly from: number; readonly end: number },
  connection: number,
): Meter {
  return new Meter(from, end, offload ? newNumber() : connection, engine);
}
