/** An engine's place taken by a recorder: what a broker hands in, and answers given when told. */
import type { Answer, EngineApi, Input } from "../../../../core/engine/mod.ts";

export class Recorder implements EngineApi {
  readonly inputs: Input[] = [];
  readonly events: string[] = [];
  /** Answers at once unless this is set; then each input waits for its turn in `waiting`. */
  hold = false;
  readonly waiting: ((answer: Answer) => void)[] = [];
  answer: Answer = { ok: true, messages: [] };
  #watchers: (() => void)[] = [];

  submit(input: Input): Promise<Answer> {
    this.inputs.push(input);
    this.#changed();
    if (!this.hold) return Promise.resolve(this.answer);
    const { promise, resolve } = Promise.withResolvers<Answer>();
    this.waiting.push(resolve);
    return promise;
  }

  now = (): number => Date.now();
  connected = (device: string): void => this.#note(`connected ${device}`);
  listening = (device: string, _: string, on: boolean): Promise<boolean> => {
    this.#note(`listening ${device} ${on}`);
    return Promise.resolve(true);
  };
  transfersOf = (): [] => [];
  disconnected = (device: string): void => this.#note(`disconnected ${device}`);
  heard = (device: string): void => this.#note(`heard ${device}`);
  reachable = (isReachable: boolean, hasForgotten = false): void =>
    this.#note(`reachable ${isReachable}${hasForgotten ? ", forgotten" : ""}`);
  callAll = (): void => this.#note("call all");
  left = (device: string): Promise<boolean> => {
    this.#note(`left ${device}`);
    return Promise.resolve(true);
  };
  isListening = (): boolean => true;
  goesOn = (): boolean => false;
  restsOnBytes = (): boolean => false;
  lastHeardAt = (): number | undefined => undefined;
  onCommitted = (): () => void => () => {};

  /** Resolves when the condition holds; fails after five seconds. */
  async until(condition: () => boolean, what: string): Promise<void> {
    const deadline = AbortSignal.timeout(5_000);
    while (!condition()) {
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      const fail = () => reject(new Error(`Never came: ${what}`));
      deadline.addEventListener("abort", fail, { once: true });
      this.#watchers.push(resolve);
      await promise.finally(() => deadline.removeEventListener("abort", fail));
    }
  }

  #note(event: string): void {
    this.events.push(event);
    this.#changed();
  }

  #changed(): void {
    for (const wake of this.#watchers.splice(0)) wake();
  }
}
