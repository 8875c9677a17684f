/** DESIGN §2: no task moves but from one state to another that may follow it, by a fact that leads there. */
import type { Fact, Move } from "../../log/mod.ts";
import type { SeenRow } from "../watch.ts";
import type { Court, Judge } from "./judge.ts";
import { RULES } from "./lifecycle_table.ts";
import type { Rule } from "./lifecycle_table.ts";
import type { Moving, Pause } from "./moving.ts";

/** The rules by `from to`. */
const rules = new Map<string, Rule[]>();
for (const rule of RULES) {
  for (const from of rule.from.split(" ")) {
    for (const to of rule.to.split(" ")) {
      const known = rules.get(`${from} ${to}`);
      if (known) known.push(rule);
      else rules.set(`${from} ${to}`, [rule]);
    }
  }
}

/** Facts about one task: they move no other, but for what a success or a boot made pointless. */
const OF_ONE_TASK = new Set([
  "ArtifactRequested",
  "CancelRequested",
  "ChunkFailed",
  "DeadlinePassed",
  "DigestReported",
  "ProgressReported",
  "StatusReported",
]);

/** Judges that tasks move as they may. */
export class Lifecycle implements Judge {
  readonly #court: Court;
  /** The tasks that are paused. */
  readonly #paused = new Map<string, Pause>();
  /** The tasks whose devices were taken to reboot. */
  readonly #concluded = new Set<string>();

  constructor(court: Court) {
    this.#court = court;
  }

  afterRow({ header: { seq, outcome: { moves } }, fact }: SeenRow): void {
    for (const move of moves) {
      if (!this.#isLegal(move, fact, moves)) {
        const { task, from, to, reason = "no reason" } = move;
        const by = `${fact.type} ${JSON.stringify(fact.data)}`;
        this.#court.deny(
          "lifecycle",
          `Row ${seq}: ${task}: ${from} > ${to} (${reason}), by ${by}.`,
        );
      }
      const { task, from, to } = move;
      const isSilent = to === "rebooting" && fact.type !== "StatusReported";
      if (isSilent) this.#concluded.add(task);
      else if (to !== "confirming") this.#concluded.delete(task);
      if (to !== "paused" || !from) this.#paused.delete(task);
      else this.#paused.set(task, { in: from, isDeferred: isDeferral(fact), at: fact.at });
    }
    const paused = this.#paused.get(fact.task ?? "");
    if (paused && isDeferral(fact)) this.#paused.set(fact.task!, { ...paused, isDeferred: true });
  }

  #isLegal(move: Move, fact: Fact, moves: readonly Move[]): boolean {
    const { tasks } = this.#court.naive;
    const task = tasks.get(move.task);
    if (!task) return false;
    const turn = moves.find(({ task, to }) => to === "offered" && task !== move.task);
    const next = turn && tasks.get(turn.task)?.policy.priority;
    const pause = this.#paused.get(move.task);
    const isConcluded = this.#concluded.has(move.task);
    const moving = { move, fact, task, pause, isConcluded, next };
    const known = rules.get(`${move.from ?? "new"} ${move.to}`) ?? [];
    return known.some((rule) => allows(rule, moving));
  }
}

function isDeferral(fact: Fact): boolean {
  return fact.type === "StatusReported" && fact.data.status === "deferred";
}

function allows({ by, reason, when }: Rule, moving: Moving): boolean {
  const { move, fact } = moving;
  if (reason !== move.reason) return false;
  if (by === "any") return true;
  return by.includes(fact.type) && (!OF_ONE_TASK.has(fact.type) || fact.task === move.task) &&
    (when?.(moving) ?? true);
}
