/** What every judge is given, and how it says no. */
import type { Sha256 } from "../../log/mod.ts";
import type { Catalogue } from "../catalogue.ts";
import type { Disk } from "../machine/disk.ts";
import type { Life, SeenRow, Witness } from "../watch.ts";
import type { Naive } from "./naive.ts";

/** Something that must hold, and does not. */
export interface Violation {
  /** `I1` … `I22`, `L1` … `L4` of the invariants; `lifecycle`: the states of DESIGN §2. */
  readonly invariant: string;
  /** What was seen. */
  readonly sentence: string;
  /** Simulated milliseconds. */
  readonly at: number;
}

/** What judges see of the world by themselves. */
export interface Sight {
  /** Simulated milliseconds. */
  readonly now: number;
  /** What the wall clock showed at the begin, with its jumps. */
  readonly wallAtBegin: number;
  /** How long the machine's monotonic clock stood still. */
  readonly asleepMs: number;
  /** Whether devices are behind a broker of somebody else's. */
  readonly isBrokered: boolean;
  /** What is durable. */
  readonly disk: Pick<Disk, "stored" | "task" | "taskCount" | "image" | "release" | "personalRows">;
}

/** What judges share. */
export interface Court {
  readonly sha256: Sha256;
  readonly catalogue: Pick<Catalogue, "of">;
  /** What plain folding makes of the rows so far. */
  readonly naive: Naive;
  readonly sight: Sight;
  /** Whether the device will never do anything again. */
  isDead(device: string): boolean;
  /** It does not hold. */
  deny(invariant: string, sentence: string): void;
}

/** Judges one invariant. Never throws: the engine would take that for a fault of its ports. */
export interface Judge extends Witness {
  /** A row became durable; the naive model is as it was before it. */
  beforeRow?(seen: SeenRow, life: Life): void;
  /** The same row; the naive model has taken it. */
  afterRow?(seen: SeenRow, life: Life): void;
  /** About a simulated minute has passed. */
  minute?(): void;
}
