/**
 * The way that most bytes take: a request for an image is answered on its connection itself, from memory
 * where it can be. A connection that asks for anything else is handed over to the platform's HTTP, with
 * every byte that was not answered, and stays there.
 */
import type { Socket } from "node:net";
import { Pace } from "../pace.ts";
import type { HttpDeps } from "../route.ts";
import { Admission } from "./admission.ts";
import { LaneConnection } from "./connection.ts";
import { LANE_SIZES } from "./sending.ts";

const LOOK_EVERY_MS = 500;

/** All connections that were not handed over yet. */
export class Lane {
  readonly #deps: HttpDeps;
  readonly #admission: Admission;
  readonly #handOver: (socket: Socket) => void;
  readonly #onFault: (error: unknown) => void;
  readonly #connections = new Set<LaneConnection>();
  readonly #timer: ReturnType<typeof setInterval>;

  /** `handOver` takes a connection whose next request is for somebody else. */
  constructor(
    deps: HttpDeps,
    handOver: (socket: Socket) => void,
    onFault: (error: unknown) => void,
  ) {
    this.#deps = deps;
    this.#admission = new Admission(deps);
    this.#handOver = handOver;
    this.#onFault = onFault;
    this.#timer = setInterval(() => this.#look(), LOOK_EVERY_MS);
  }

  /** Takes a fresh connection. */
  take(socket: Socket): void {
    const { images, limits } = this.#deps;
    const connection = new LaneConnection(socket, {
      admission: this.#admission,
      images,
      limits,
      pace: new Pace(limits, LANE_SIZES),
      onFault: this.#onFault,
      offload: this.#deps.offload,
      handOver: this.#handOver,
      onGone: () => this.#connections.delete(connection),
    });
    this.#connections.add(connection);
  }

  /** Cuts every connection that it has. */
  close(): void {
    clearInterval(this.#timer);
    for (const connection of this.#connections) connection.cut("cut");
  }

  /** One timer for all: ten thousand of their own would cost more than what they guard. */
  #look(): void {
    const now = performance.now();
    for (const connection of this.#connections) connection.look(now);
  }
}
