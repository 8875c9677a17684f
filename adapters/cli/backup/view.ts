/** What was copied, for a person and for a program. */
import { timeText } from "../../../core/engine/mod.ts";
import { bytesText, paint, shareText, table } from "../terminal.ts";
import type { Screen } from "../terminal.ts";

/** What was copied. */
export interface Copied {
  readonly rows: number;
  readonly devices: number;
  /** The id of the log. */
  readonly log: string;
  /** The hash of the last row. */
  readonly head: string;
  /** When the last row was written, in milliseconds since 1970; `undefined`: it does not say so. */
  readonly at: number | undefined;
  readonly images: number;
  /** Of the database and the images. */
  readonly bytes: number;
  /** Where the log is not as it was decided. */
  readonly finding: { readonly where: string; readonly what: string } | undefined;
  /** False: the tables beside the log are of an older otalog, and were not compared with it. */
  readonly isCompared: boolean;
}

/** For a program. */
export function copiedJson({ at, finding, isCompared, ...copied }: Copied): object {
  const { where, what } = finding ?? {};
  return {
    ...copied,
    ...(at === undefined ? {} : { at: timeText(at) }),
    proved: finding === undefined,
    ...(finding ? { finding: { where, what } } : {}),
    read_models_compared: isCompared && finding === undefined,
  };
}

/** For a person: where it is, and what is in it. */
export function copiedText(screen: Screen, where: string, copied: Copied): string {
  const { rows, devices, images, bytes, log, head, at } = copied;
  const figures = [
    ["rows", `${rows}${at === undefined ? "" : `, the last of ${timeText(at)}`}`],
    ["devices", `${devices}`],
    ["images", `${images}`],
    ["size", bytesText(bytes)],
    ["id of the log", log],
    ["hash of its last row", head],
  ];
  return `${proofText(screen, where, copied)}\n${table(figures)}\n`;
}

function proofText(screen: Screen, where: string, { finding, isCompared }: Copied): string {
  if (finding) {
    const what = `Its log is not as it was decided: ${finding.where}, ${finding.what}.`;
    return paint(screen, "yellow", table([[`${where} ${what}`]]));
  }
  const older = isCompared
    ? ""
    : " Its tables are of an older otalog; they are compared when it is restored.";
  const proof = "Its log was decided again: it is as it was decided.";
  return `${paint(screen, "green", where)} ${proof}${older}`;
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
