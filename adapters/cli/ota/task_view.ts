/** Tasks under way: a line for each, redrawn on a terminal, said once for each change elsewhere. */
import { terminalStates } from "../../../core/mod.ts";
import type { Move } from "../../../core/mod.ts";
import { Lines, paint, shareText, table } from "../terminal.ts";
import type { Screen } from "../terminal.ts";
import type { Json } from "./api.ts";

const ends: readonly string[] = terminalStates;
/** States in which all of the image is stored. */
const stored: readonly string[] = ["verifying", "awaiting_install", "succeeded"];

/** As many lines as nearly every terminal has. */
const REDRAWN_MAX = 20;

/** Whether a task in this state has ended for good. */
export function isEnd(state: string): boolean {
  return ends.includes(state);
}

/** The tasks that are watched. */
export class TaskView {
  readonly #screen: Screen;
  readonly #lines: Lines;
  readonly #tasks = new Map<string, Json>();

  /** `count`: how many will begin. More than a screen holds cannot be redrawn, only said. */
  constructor(screen: Screen, count: number) {
    this.#screen = screen;
    const isTerminal = screen.isTerminal && count <= REDRAWN_MAX;
    // A line that wraps would be two: what is too long for the screen is cut off at its edge.
    const write = (text: string) => screen.write(isTerminal ? `\x1b[?7l${text}\x1b[?7h` : text);
    this.#lines = new Lines({ isTerminal, isColoured: screen.isColoured, write });
  }

  /** A task as it was when it was asked for. */
  begin(task: Json): void {
    this.#tasks.set(task.task_id, { ...task });
    this.#draw(task, true);
  }

  /** Takes a row; the ids of the tasks that it changed. */
  take({ at, type, task: about, data, outcome }: Json): string[] {
    const moves: Move[] = outcome.moves.filter((move: Move) => this.#isNews(move, at));
    for (const { task: id, to, attempt, reason } of moves) {
      const task = this.#tasks.get(id)!;
      Object.assign(task, { state: to, attempt, reason });
      if (stored.includes(to)) task.received = task.size;
    }
    const task = this.#tasks.get(about);
    const isProgress = task && type === "ProgressReported" && at >= task.updated_at;
    if (isProgress) task.received = data.received;
    const changed = [...new Set(moves.map(({ task }) => task))];
    for (const id of changed) this.#draw(this.#tasks.get(id)!, true);
    if (isProgress && changed.length === 0) this.#draw(task, false);
    return changed;
  }

  /** Whether all of them have ended. */
  get isOver(): boolean {
    return [...this.#tasks.values()].every(({ state }) => isEnd(state));
  }

  /** Whether all of them have succeeded. */
  get isWell(): boolean {
    return [...this.#tasks.values()].every(({ state }) => state === "succeeded");
  }

  /** What was decided before the task was asked for is in it already. */
  #isNews({ task: id, to }: Move, at: string): boolean {
    const task = this.#tasks.get(id);
    return task !== undefined && !isEnd(task.state) &&
      (at > task.updated_at || at === task.updated_at && to !== task.state);
  }

  #draw(task: Json, isChange: boolean): void {
    const { task_id, device_id, version, state, received, size, attempt, max_attempts } = task;
    const colour = state === "succeeded" ? "green" : isEnd(state) ? "red" : "cyan";
    const why = task.reason ? ` (${task.reason})` : "";
    const tries = attempt > 1 ? `  attempt ${attempt} of ${max_attempts}` : "";
    const width = Math.max(...[...this.#tasks.values()].map((other) => other.device_id.length));
    const words = table([[task_id, device_id.padEnd(width), version]]);
    const share = shareText(size > 0 ? received / size : 1);
    const shown = paint(this.#screen, colour, `${state}${why}`);
    this.#lines.set(task_id, `${words}  ${share}  ${shown}${tries}`, isChange);
  }
}
