/** What can be seen of a simulation from outside: all that the checks go by. */
import type {
  Answer,
  ChunkEnd,
  Input,
  OutboundChunk,
  OutboundMessage,
  Write,
} from "../engine/mod.ts";
import type { Fact, RowHeader, SealedRow } from "../log/mod.ts";

/** A row that is durable, read independently of the code that wrote it. */
export interface SeenRow {
  readonly row: SealedRow;
  readonly header: RowHeader;
  /** The fact, as the row says. */
  readonly fact: Fact;
}

/** One life of an engine: from its start to its end, whatever ends it. */
export interface Life {
  /** From 1. */
  readonly number: number;
  /** Whether it still lives. */
  readonly isAlive: boolean;
}

/** An input on its way through an engine. */
export interface Submission {
  readonly life: Life;
  readonly input: Input;
  /** From 1, in the order in which inputs were submitted. */
  readonly number: number;
}

/** What a device stores of an image. */
export interface StoredBytes {
  readonly device: string;
  /** The task that it has in hand. */
  readonly task: string;
  /** The image of that task, as it was told: hexadecimal digits. */
  readonly image: string;
  /** Where it stores them. */
  readonly offset: number;
  readonly bytes: Uint8Array;
}

/** What happens, as it happens; everything at an instant of simulated time. */
export interface Witness {
  /** An engine begins. */
  started?(life: Life): void;
  /** An engine is dead: what it had in memory is gone. */
  died?(life: Life): void;
  /** An input was handed to an engine. */
  submitted?(submission: Submission): void;
  /** These rows and read models became durable, in one transaction. */
  committed?(rows: readonly SeenRow[], writes: readonly Write[], life: Life): void;
  /** The engine was told that its store failed. */
  failed?(life: Life, what: "append" | "read"): void;
  /** The engine has opened its store. */
  opened?(life: Life): void;
  /** The engine answered, and its adapter has the answer. */
  answered?(submission: Submission, answer: Answer): void;
  /** The engine handed a message to its outbox. */
  sent?(message: OutboundMessage, life: Life): void;
  /** The engine handed bytes of an image to its outbox. */
  sentChunk?(chunk: OutboundChunk, life: Life): void;
  /** The engine was told what became of them. */
  chunkEnded?(chunk: OutboundChunk, end: ChunkEnd, life: Life): void;
  /** A device has stored bytes that came over MQTT. */
  stored?(bytes: StoredBytes): void;
  /** The engine had every connection of the device cut; `at`: engine time. */
  disconnected?(device: string, life: Life, at: number): void;
  /** The engine told its observer of a fault. */
  faulted?(error: unknown, life: Life): void;
  /** The process stands still for so long, from now on; `at`: its engine's time then, if it has any. */
  froze?(ms: number, life: Life, at?: number): void;
  /** The wall clock of the engine's machine is about to move against the monotonic one, or has. */
  clockMoves?(): void;
  /**
   * The engine can be reached by devices (again), or no longer; `hasForgotten`: what they said meanwhile
   * may be lost, and whoever may wait for an answer is given one; `at`: the engine's time.
   */
  reachable?(isReachable: boolean, life: Life, hasForgotten?: boolean, at?: number): void;
  /** Nothing goes wrong any more, and everybody is there who will ever be there again. */
  healed?(): void;
  /** Everything has ended that ends. */
  ended?(): void;
}

/** Reads a row that became durable. */
export function seeRow(row: SealedRow): SeenRow {
  const header = JSON.parse(row.bytes) as RowHeader;
  const { type, at, actor, task } = header;
  const data = JSON.parse(row.data);
  return { row, header, fact: { type, at, actor, ...(task ? { task } : {}), data } as Fact };
}
