/**
 * How checkpoints get to where somebody else keeps them: one after the other, the newest only, again and
 * again until it is there. Nobody waits for it but the end of the engine, and that not for long.
 */
import type { Clock } from "../engine/ports.ts";
import { againMs } from "./checkpoint_pace.ts";

/** What publishing needs. */
export interface PublicationPorts {
  readonly clock: Pick<Clock, "after">;
  /** Hands a note over; rejects with a sentence for the operator. `signal`: it is wanted no more. */
  publish(note: string, signal: AbortSignal): Promise<void>;
  /** Takes a sentence for the operator. */
  tell(sentence: string): void;
}

/** The way of one log's notes. */
export class Publication {
  readonly #ports: PublicationPorts;
  /** The newest note, until it is published. */
  #waiting: string | undefined;
  #underWay: string | undefined;
  #attempt = new AbortController();
  #running: Promise<void> | undefined;
  #cancelRetry: (() => void) | undefined;
  #failures = 0;
  #told: string | undefined;
  #isEnding = false;

  /** Nothing is under way. */
  constructor(ports: PublicationPorts) {
    this.#ports = ports;
  }

  /** A newer note takes the place of one that could not be published yet. */
  offer(note: string): void {
    this.#waiting = note;
    if (!this.#cancelRetry) this.#go();
  }

  /** Publishes the newest note now, or gives it up after so long. Never rejects. */
  async finish(limitMs: number): Promise<void> {
    this.#isEnding = true;
    this.#cancelRetry?.();
    // One that is older than the last one gives way.
    if (this.#underWay !== this.#waiting) this.#attempt.abort();
    this.#go();
    const late = Promise.withResolvers<void>();
    const cancel = this.#ports.clock.after(limitMs, () => {
      this.#say("The last checkpoint could not be published in time.");
      this.#told = undefined;
      this.#waiting = undefined;
      this.#attempt.abort();
      late.resolve();
    });
    await Promise.race([this.#running, late.promise]);
    cancel();
  }

  #go(): void {
    this.#running ??= this.#run().finally(() => this.#running = undefined);
  }

  async #run(): Promise<void> {
    while (this.#waiting !== undefined) {
      const note = this.#underWay = this.#waiting;
      this.#attempt = new AbortController();
      try {
        await this.#ports.publish(note, this.#attempt.signal);
        if (this.#waiting === note) this.#waiting = undefined;
        this.#worked();
      } catch (error) {
        const gaveWay = this.#attempt.signal.aborted && this.#waiting !== note;
        if (gaveWay) continue;
        return this.#failed(error as Error);
      } finally {
        this.#underWay = undefined;
      }
    }
  }

  #worked(): void {
    if (this.#told !== undefined) this.#ports.tell("Checkpoints are published again.");
    [this.#failures, this.#told] = [0, undefined];
  }

  #failed({ message }: Error): void {
    if (this.#isEnding) return this.#say(message);
    this.#say(`${message} It is tried again.`);
    this.#cancelRetry = this.#ports.clock.after(againMs(++this.#failures), () => {
      this.#cancelRetry = undefined;
      this.#go();
    });
  }

  /** Once, however often it fails so. */
  #say(sentence: string): void {
    if (sentence !== this.#told) this.#ports.tell(sentence);
    this.#told = sentence;
  }
}
