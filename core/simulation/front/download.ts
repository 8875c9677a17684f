/** Bytes of an image on their way to a device, as the engine sees them. */
import type { ServedRange } from "../../engine/mod.ts";
import type { Running } from "../running.ts";

/** A device that takes nothing for so long loses its connection (`adapters/http/limits.ts`). */
const STALLED_MS = 30_000;

/** Bytes on their way to a device. */
export class Download {
  readonly range: { -readonly [Name in keyof ServedRange]: ServedRange[Name] };
  readonly #running: Running;
  readonly #device: string;
  readonly #onEnd: () => void;
  /** Whether the bytes are those of the image. */
  readonly isRight: boolean;
  #isRefused = false;
  #takeBack = () => {};

  /** Each comes by a connection of its own. */
  constructor(
    running: Running,
    device: string,
    from: number,
    connection: number,
    isRight: boolean,
    onEnd: () => void,
  ) {
    this.isRight = isRight;
    this.#running = running;
    this.#device = device;
    this.#onEnd = onEnd;
    this.range = { from, sent: 0, sentAt: running.engine.now(), state: "open", connection };
  }

  /** Whether there is more to come. */
  get isOpen(): boolean {
    return this.range.state === "open" && this.#running.life.isAlive;
  }

  /** Whether the device was given nothing, and saw that at once. */
  get isRefused(): boolean {
    return this.#isRefused;
  }

  /** The device takes nothing for now: the server does not wait for ever. */
  stall(): void {
    this.#takeBack = this.#running.life.after(STALLED_MS, () => this.end("stalled"));
  }

  /** The device gets nothing. */
  refuse(): void {
    this.#isRefused = true;
    this.end("cut");
  }

  /** The device took so many bytes. */
  take(bytes: number): void {
    this.#takeBack();
    this.range.sent += bytes;
    this.#running.enter(() => {
      this.range.sentAt = this.#running.engine.now();
      this.#running.engine.heard(this.#device);
    });
  }

  /** No more is given. */
  end(how: "complete" | "cut" | "stalled"): void {
    this.#takeBack();
    if (this.range.state !== "open") return;
    this.range.state = how;
    this.#onEnd();
  }
}
