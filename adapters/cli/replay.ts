/** `deno task replay`: decides a log again and says whether everything came out the same. */
import { personalIn } from "../../core/mod.ts";
import type { DeviceAsOf, LogPoint, RowHeader, Sha256, StoredCells } from "../../core/mod.ts";
import { dataView, deviceAsOfView, timeText } from "../../core/engine/mod.ts";
import type { Models } from "../../core/engine/mod.ts";
import type { ReplayOptions } from "./commands.ts";
import { deviceAsOfText } from "./device_as_of.ts";
import { firstDifference } from "./difference.ts";
import { replayed, replayedInStreams } from "./replayed.ts";
import type { Finding, Replayed, ReplaySource } from "./replayed.ts";
import { rowCells } from "./row_view.ts";
import { bar, paint, printable, table } from "./terminal.ts";
import type { Screen } from "./terminal.ts";

/** Replays and reports; true when everything came out the same, and the device is in it. */
export async function runReplay(
  source: ReplaySource,
  { device, json, at: upTo, jobs }: Pick<ReplayOptions, "device" | "json" | "at" | "jobs">,
  sha256: Sha256,
  screen: Screen,
): Promise<boolean> {
  const one = device === undefined ? undefined : new OneDevice(device, upTo);
  let isShown = false;
  const progress = (rows: number) => {
    if (screen.isTerminal) screen.write(progressText(rows, source));
    isShown = screen.isTerminal;
  };
  const seen = (cells: StoredCells, models: Models) => one?.note(cells, models);
  const blocks = one || upTo ? undefined : source.blocks?.();
  const whole =
    await (blocks
      ? replayedInStreams(blocks, jobs, progress)
      : replayed(source, sha256, { upTo, seen, progress }))
      .finally(() => isShown && screen.write("\r\x1b[2K"));
  if (upTo && whole.summary.rows === 0 && !whole.finding) {
    throw new Error("Cannot show that: the log begins later. Name a later point with --at.");
  }
  screen.write(json ? `${jsonText(whole, upTo, one)}\n` : text(screen, whole, upTo, one));
  return !whole.finding && !one?.isMissing;
}

/** What is told of one device beside the log: its history, and its state as of the point. */
class OneDevice {
  readonly id: string;
  readonly #isAsOf: boolean;
  readonly #history: string[][] = [];
  #state: DeviceAsOf | undefined;

  constructor(id: string, upTo: LogPoint | undefined) {
    this.id = id;
    this.#isAsOf = upTo !== undefined;
  }

  note(cells: StoredCells, { device }: Models): void {
    if (cells.stream !== `device/${this.id}`) return;
    const header = JSON.parse(String(cells.bytes)) as RowHeader;
    const personal = typeof cells.personal === "string" ? cells.personal : null;
    const data = dataView({ data: String(cells.data), personal });
    this.#history.push(rowCells({ ...header, at: timeText(header.at), data }));
    const tags = this.#state?.tags ?? personalIn(personal)?.tags ?? [];
    if (device) this.#state = { device, tags, seq: header.seq, at: header.at };
  }

  /** It may come later than the point; in a whole log it is somebody's mistake. */
  get isMissing(): boolean {
    return this.#history.length === 0 && !this.#isAsOf;
  }

  get json(): object {
    if (this.isMissing) return { device: null };
    return this.#isAsOf ? { device: this.#state ? deviceAsOfView(this.#state) : null } : {};
  }

  get text(): string {
    if (this.isMissing) return `No row of this log is about device ${this.id}. Check its id.`;
    if (this.#history.length === 0) {
      return `No row of this log up to then is about device ${this.id}.`;
    }
    const state = this.#isAsOf && this.#state ? [deviceAsOfText(this.#state)] : [];
    return [table(this.#history), ...state].join("\n\n");
  }
}

function jsonText(
  { summary, at, finding }: Replayed,
  upTo: LogPoint | undefined,
  one: OneDevice | undefined,
): string {
  const asOf = upTo && { as_of: { seq: summary.rows, at: timeText(at) } };
  return JSON.stringify({ ok: !finding, ...summary, ...asOf, ...one?.json, finding });
}

function text(
  screen: Screen,
  whole: Replayed,
  upTo: LogPoint | undefined,
  one: OneDevice | undefined,
): string {
  const about = one ? `${one.text}\n\n` : "";
  return about +
    (whole.finding ? complaint(screen, whole.finding) : praise(screen, whole, upTo !== undefined));
}

function progressText(rows: number, { count }: ReplaySource): string {
  return count === undefined
    ? `\r${rows} rows`
    : `\r${bar(rows / count, 30)} ${rows} of ${count} rows`;
}

function praise(screen: Screen, { summary, at }: Replayed, isAsOf: boolean): string {
  const { rows, devices, moves, log, head } = summary;
  const upTo = isAsOf ? ` up to row ${rows} of ${timeText(at)}` : "";
  const mark = paint(screen, "green", `The log is as it was decided${upTo}.`);
  const figures = [
    ["rows decided again", `${rows}`],
    ["devices", `${devices}`],
    ["changes of a task's state", `${moves}`],
    ["id of the log", log],
    [`hash of ${isAsOf ? "that" : "its last"} row`, head],
  ];
  return `${mark}\n${table(figures)}\n`;
}

function complaint(screen: Screen, { where, what, expected, found }: Finding): string {
  const sentence = `The log is not as it was decided: ${where}, ${what}.`;
  // A row names its stream as it likes.
  const mark = paint(screen, "red", printable(sentence));
  const shown = firstDifference(expected, found);
  const rows = [["expected", shown.expected], ["found", shown.found], ["", shown.mark]];
  return `${mark}\n${table(rows)}\n`;
}
