/** Bytes of an image on their way to a device, as the engine sees them. */
import type { ServedRange } from "../../engine/mod.ts";
import type { Running } from "../running.ts";

/** Bytes on their way to a device. */
export class Download {
  readonly range: { -readonly [Name in keyof ServedRange]: ServedRange[Name] };
  readonly #running: Running;
  readonly #device: string;
  readonly #onEnd: () => void;

  /** Each comes by a connection of its own. */
  constructor(
    running: Running,
    device: string,
    from: number,
    connection: number,
    onEnd: () => void,
  ) {
    this.#running = running;
    this.#device = device;
    this.#onEnd = onEnd;
    this.range = { from, sent: 0, sentAt: running.engine.now(), state: "open", connection };
  }

  /** Whether there is more to come. */
  get isOpen(): boolean {
    return this.range.state === "open" && this.#running.life.isAlive;
  }

  /** The device took so many bytes. */
  take(bytes: number): void {
    this.range.sent += bytes;
    this.#running.enter(() => {
      this.range.sentAt = this.#running.engine.now();
      this.#running.engine.heard(this.#device);
    });
  }

  /** No more is given. */
  end(how: "complete" | "cut" | "stalled"): void {
    if (this.range.state !== "open") return;
    this.range.state = how;
    this.#onEnd();
  }
}
