/** An engine that runs, as its adapters meet it. */
import type { Answer, Engine, Input, OutboundChunk, Outbox } from "../engine/mod.ts";
import type { Process } from "./machine/process.ts";
import type { World } from "./world.ts";

/** What carries messages to devices, for one life of the engine. */
export interface Way extends Outbox {
  /** The engine lets devices in. */
  open(running: Running): void;
  /** The engine is dead. */
  close(): void;
}

/** A way that carries bytes of images as well. */
export interface BytesWay extends Way {
  sendChunk(chunk: OutboundChunk): void;
}

/** An engine that runs, and its process. */
export class Running {
  readonly engine: Engine;
  readonly life: Process;
  readonly #world: World;
  #submissions = 0;

  constructor(world: World, engine: Engine, life: Process) {
    this.#world = world;
    this.engine = engine;
    this.life = life;
  }

  /** What an adapter does with an input; `then` gets the answer, if the process lives to give it. */
  submit(input: Input, then: (answer: Answer) => void = () => {}): void {
    const submission = { life: this.life, input, number: ++this.#submissions };
    const { watch } = this.#world;
    watch.submitted?.(submission);
    this.#world.touch();
    void this.engine.submit(input).then((answer) => {
      if (!this.life.survives()) return;
      watch.answered?.(submission, answer);
      then(answer);
    });
  }

  /** The same; the answer never comes, if the process does not live to give it. */
  ask(input: Input): Promise<Answer> {
    return new Promise((resolve) => this.submit(input, resolve));
  }

  /** Lets an adapter do something when the process is there to do it. */
  enter(work: () => void): void {
    this.life.after(0, work);
  }
}
