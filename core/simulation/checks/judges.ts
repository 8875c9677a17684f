/**
 * Everything that must hold: judges who see what happens and say no, one or more for each invariant. I12
 * to I15 have none: there are no signatures and no campaigns yet.
 */
import type { Answer, ChunkEnd, OutboundChunk, OutboundMessage, Write } from "../../engine/mod.ts";
import type { Sha256 } from "../../log/mod.ts";
import type { Catalogue } from "../catalogue.ts";
import type { Life, SeenRow, StoredBytes, Submission, Witness } from "../watch.ts";
import { Acknowledged } from "./acknowledged.ts";
import { Advised } from "./advised.ts";
import { Attributed } from "./attributed.ts";
import { BoundedRetries } from "./bounded_retries.ts";
import { Called } from "./called.ts";
import { CarriedOut } from "./carried_out.ts";
import { Checked } from "./checked.ts";
import { EngineClock } from "./clock.ts";
import { Compatible } from "./compatible.ts";
import { DeadlinesHold } from "./deadlines.ts";
import { EarnedSuccess } from "./earned_success.ts";
import { Effects } from "./effects.ts";
import { FailClosed } from "./fail_closed.ts";
import { Fetched } from "./fetched.ts";
import { Forgotten } from "./forgotten.ts";
import { InOrder } from "./in_order.ts";
import { Isolation } from "./isolation.ts";
import type { Court, Judge, Sight, Violation } from "./judge.ts";
import { LockedOut } from "./locked_out.ts";
import { Lifecycle } from "./lifecycle.ts";
import { Naive } from "./naive.ts";
import { NoDowngrade } from "./no_downgrade.ts";
import { Offered } from "./offered.ts";
import { OneActiveTask } from "./one_active_task.ts";
import { OneWriter } from "./one_writer.ts";
import { OwedDelivered } from "./owed_delivered.ts";
import { ReadModels } from "./read_models.ts";
import { Refusals } from "./refusals.ts";
import { Replayed } from "./replayed.ts";
import { Seldom } from "./seldom.ts";
import { TamperEvidence } from "./tamper_evidence.ts";
import { TasksEnd } from "./tasks_end.ts";
import { TerminalAbsorbs } from "./terminal.ts";
import { Told } from "./told.ts";
import { Totality } from "./totality.ts";
import { Unmixed } from "./unmixed.ts";
import { Window } from "./window.ts";

export type { Sight, Violation } from "./judge.ts";

/** What judges judge by. */
export interface JudgesOptions {
  readonly sha256: Sha256;
  readonly catalogue: Pick<Catalogue, "of">;
  /** Whether the device will never do anything again; none does unless this says so. */
  readonly isDead?: (device: string) => boolean;
}

const MINUTE_MS = 60_000;

/** All judges; the first violation stands. */
export class Judges implements Witness {
  violation: Violation | undefined;
  readonly #naive = new Naive();
  readonly #judges: readonly Judge[];
  readonly #owed: OwedDelivered;
  #sight!: Sight;
  #lookAt = 0;

  constructor({ sha256, catalogue, isDead = () => false }: JudgesOptions) {
    const sight = () => this.#sight;
    const court: Court = {
      sha256,
      catalogue,
      naive: this.#naive,
      get sight() {
        return sight();
      },
      isDead,
      deny: (invariant, sentence) => this.#deny(invariant, sentence),
    };
    this.#owed = new OwedDelivered(court);
    this.#judges = [
      new OneWriter(court),
      new TerminalAbsorbs(court),
      new OneActiveTask(court),
      new Lifecycle(court),
      new EarnedSuccess(court),
      new Checked(court),
      new BoundedRetries(court),
      new Acknowledged(court),
      new CarriedOut(court),
      new Seldom(court),
      new InOrder(court),
      new Replayed(court),
      new ReadModels(court),
      new Effects(court),
      new Isolation(court),
      new NoDowngrade(court),
      new Compatible(court),
      new TamperEvidence(court),
      new Forgotten(court),
      new Totality(court),
      new EngineClock(court),
      new FailClosed(court),
      new TasksEnd(court),
      new Offered(court),
      new DeadlinesHold(court),
      new Called(court),
      new Told(court),
      new Attributed(court),
      new Refusals(court),
      new LockedOut(court),
      new Unmixed(court),
      new Window(court),
      new Advised(court),
      new Fetched(court),
      this.#owed,
    ];
  }

  /** Whether nothing is to be waited for any more. */
  get isAtRest(): boolean {
    return this.#naive.openTasks === 0 && this.#owed.isAtRest;
  }

  /** The world that is judged; needed before anything happens in it. */
  see(world: Sight): void {
    this.#sight = world;
  }

  started(life: Life): void {
    this.#ask((judge) => judge.started?.(life));
  }

  died(life: Life): void {
    this.#ask((judge) => judge.died?.(life));
  }

  submitted(submission: Submission): void {
    this.#ask((judge) => judge.submitted?.(submission));
  }

  committed(rows: readonly SeenRow[], writes: readonly Write[], life: Life): void {
    for (const row of rows) {
      this.#ask((judge) => judge.beforeRow?.(row, life));
      if (this.violation) return;
      this.#naive.take(row);
      this.#ask((judge) => judge.afterRow?.(row, life));
    }
    this.#ask((judge) => judge.committed?.(rows, writes, life));
  }

  failed(life: Life, what: "append" | "read"): void {
    this.#ask((judge) => judge.failed?.(life, what));
  }

  opened(life: Life): void {
    this.#ask((judge) => judge.opened?.(life));
  }

  answered(submission: Submission, answer: Answer): void {
    this.#ask((judge) => judge.answered?.(submission, answer));
  }

  sent(message: OutboundMessage, life: Life): void {
    this.#ask((judge) => judge.sent?.(message, life));
  }

  sentChunk(chunk: OutboundChunk, life: Life): void {
    this.#ask((judge) => judge.sentChunk?.(chunk, life));
  }

  chunkEnded(chunk: OutboundChunk, end: ChunkEnd, life: Life): void {
    this.#ask((judge) => judge.chunkEnded?.(chunk, end, life));
  }

  stored(bytes: StoredBytes): void {
    this.#ask((judge) => judge.stored?.(bytes));
  }

  disconnected(device: string, life: Life, at: number): void {
    this.#ask((judge) => judge.disconnected?.(device, life, at));
  }

  faulted(error: unknown, life: Life): void {
    this.#ask((judge) => judge.faulted?.(error, life));
  }

  froze(ms: number, life: Life, at?: number): void {
    this.#ask((judge) => judge.froze?.(ms, life, at));
  }

  clockMoves(): void {
    this.#ask((judge) => judge.clockMoves?.());
  }

  reachable(isReachable: boolean, life: Life, hasForgotten?: boolean, at?: number): void {
    this.#ask((judge) => judge.reachable?.(isReachable, life, hasForgotten, at));
  }

  healed(): void {
    this.#ask((judge) => judge.healed?.());
  }

  ended(): void {
    this.#ask((judge) => judge.ended?.());
  }

  #ask(what: (judge: Judge) => void): void {
    if (this.violation) return;
    if (this.#sight.now >= this.#lookAt) {
      this.#lookAt = this.#sight.now + MINUTE_MS;
      this.#ask((judge) => judge.minute?.());
    }
    for (const judge of this.#judges) {
      try {
        what(judge);
      } catch (error) {
        // Thrown on, it would be the engine that seems to fail.
        this.#deny("judge", `${judge.constructor.name} failed: ${(error as Error).stack}`);
      }
    }
  }

  #deny(invariant: string, sentence: string): void {
    this.violation ??= { invariant, sentence, at: this.#sight.now };
  }
}
