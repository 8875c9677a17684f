/** What was copied, for a person and for a program. */
import { timeText } from "../../../core/engine/mod.ts";
import type { ReplaySummary } from "../../../core/mod.ts";
import { bytesText, paint, shareText, table } from "../terminal.ts";
import type { Screen } from "../terminal.ts";

/** What was copied. */
export interface Copied extends Pick<ReplaySummary, "rows" | "devices" | "log" | "head"> {
  /** When the last row was written: engine time, milliseconds since 1970. */
  readonly at: number;
  readonly images: number;
  /** Of the database and the images. */
  readonly bytes: number;
  /** False: the tables beside the log are of an older otalog, and were not compared with it. */
  readonly isCompared: boolean;
}

/** For a program. */
export function copiedJson({ at, isCompared, ...copied }: Copied): object {
  return { ...copied, at: timeText(at), read_models_compared: isCompared };
}

/** For a person: where it is, and what is in it. */
export function copiedText(screen: Screen, where: string, copied: Copied): string {
  const { rows, devices, images, bytes, log, head, at, isCompared } = copied;
  const proof = isCompared
    ? "Its log was decided again: it is as it was decided."
    : "Its log was decided again: it is as it was decided. Its tables are of an older otalog; they " +
      "are compared when it is restored.";
  const figures = [
    ["rows", `${rows}, the last of ${timeText(at)}`],
    ["devices", `${devices}`],
    ["images", `${images}`],
    ["size", bytesText(bytes)],
    ["id of the log", log],
    ["hash of its last row", head],
  ];
  return `${paint(screen, "green", where)} ${proof}\n${table(figures)}\n`;
}

/** How often a line is drawn anew. */
const DRAWN_EVERY_MS = 100;

/** Shows what is being done, in one line of a terminal; nothing anywhere else. */
export class ProgressLine {
  readonly #screen: Screen;
  readonly #isShown: boolean;
  #what = "";
  #drawnAt = -Infinity;

  constructor(screen: Screen, isShown: boolean) {
    this.#screen = screen;
    this.#isShown = isShown && screen.isTerminal;
  }

  /** `share` is from 0 to 1. */
  show(what: string, share: number): void {
    const now = performance.now();
    if (!this.#isShown || what === this.#what && now - this.#drawnAt < DRAWN_EVERY_MS) return;
    [this.#what, this.#drawnAt] = [what, now];
    this.#screen.write(`\r\x1b[2K${shareText(share)}  ${what}`);
  }

  /** Takes the line away. */
  end(): void {
    if (this.#what !== "") this.#screen.write("\r\x1b[2K");
  }
}
