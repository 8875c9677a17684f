/** Tasks under way: a line for each, redrawn on a terminal, said once for each change elsewhere. */
import { terminalStates } from "../../../core/mod.ts";
import type { Move } from "../../../core/mod.ts";
import { Lines, paint, shareText, table } from "../terminal.ts";
import type { Screen } from "../terminal.ts";
import type { Json } from "./api.ts";
import { soFarOf } from "./so_far.ts";

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
  /** Whether lines are redrawn in place. */
  readonly isRedrawn: boolean;
  readonly #screen: Screen;
  readonly #lines: Lines;
  readonly #tasks = new Map<string, Json>();

  /** `count`: how many will begin. More than a screen holds cannot be redrawn, only said. */
  constructor(screen: Screen, count: number) {
    this.#screen = screen;
    const isTerminal = this.isRedrawn = screen.isTerminal && count <= REDRAWN_MAX;
    // A line that wraps would be two: what is too long for the screen is cut off at its edge.
    const write = (text: string) => screen.write(isTerminal ? `\x1b[?7l${text}\x1b[?7h` : text);
    this.#lines = new Lines({ isTerminal, isColoured: screen.isColoured, write });
  }

  /** A task as it was when it was asked for. */
  begin(task: Json): void {
    this.#tasks.set(task.task_id, { ...task });
    this.#draw(task, true);
  }

  /** Tasks that are fetched by a device that says nothing of it, so that no row will. */
  get silent(): string[] {
    return [...this.#tasks.values()]
      .filter(({ state, completion }) => state === "downloading" && completion === "seen")
      .map(({ task_id }) => task_id);
  }

  /** Those of such a device that a row moves. */
  silentIn({ at, data, outcome }: Json): string[] {
    return outcome.moves
      .filter((move: Move) => this.#isNews(move, at))
      .map(({ task }: Move) => task)
      .filter((id: string) => data.fetch_only || this.#tasks.get(id)!.completion === "seen");
  }

  /** What a task was asked for, since no row says it. */
  tell(id: string, { completion, fetched }: Json): void {
    const task = this.#tasks.get(id)!;
    Object.assign(task, { completion, fetched });
    this.#draw(task, false);
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
    const { task_id, device_id, version, state, attempt, max_attempts } = task;
    const colour = state === "succeeded" ? "green" : isEnd(state) ? "red" : "cyan";
    const why = task.reason ? ` (${task.reason})` : "";
    const tries = attempt > 1 ? `  attempt ${attempt} of ${max_attempts}` : "";
    const width = Math.max(...[...this.#tasks.values()].map((other) => other.device_id.length));
    const words = table([[task_id, device_id.padEnd(width), version]]);
    const { share, word } = soFarOf(task);
    const image = `${shareText(share)} ${word.padEnd("stored".length)}`;
    const shown = paint(this.#screen, colour, `${state}${why}`);
    this.#lines.set(task_id, `${words}  ${image}  ${shown}${tries}`, isChange);
  }
}
