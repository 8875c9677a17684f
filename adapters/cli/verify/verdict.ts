/** What came out, for a person and for a program. */
import type { LogFault } from "../../../core/evidence/mod.ts";
import { firstDifference } from "../difference.ts";
import { paint, table } from "../terminal.ts";
import type { Screen } from "../terminal.ts";

/** What came out. */
export interface Verdict {
  /** A whole log, a part that was archived, or one device. */
  readonly about: "log" | "part" | "device";
  readonly device?: string;
  /** Rows of the log before those of the part. */
  readonly begin?: number;
  /** Rows that were checked. */
  readonly rows: number;
  /** The id of the log. */
  readonly log: string;
  /** The root of the tree: over these rows, or of the checkpoint that proofs are for. */
  readonly root: string;
  /** Rows of the log below the checkpoint that proofs are for. */
  readonly size?: number;
  /** So many rows are as they were when a checkpoint was kept. */
  readonly proved: number;
  /** The checkpoint that the file itself brings along is signed by the key that was kept. */
  readonly isSigned?: boolean;
  /** Rows without their personal text. */
  readonly erased: number;
  /** Those among them of whose erasure a later part must tell. */
  readonly unproved?: number;
  /** Kept checkpoints that were compared with. */
  readonly checkpoints: number;
  readonly fault: LogFault | undefined;
}

/** For a program. */
export function verdictJson({ fault, isSigned: _, ...verdict }: Verdict): object {
  return { ok: fault === undefined, ...verdict, fault };
}

/** For a person. */
export function verdictText(screen: Screen, verdict: Verdict): string {
  const { fault, about } = verdict;
  return fault ? complaint(screen, fault, about) : praise(screen, verdict);
}

function praise(screen: Screen, verdict: Verdict): string {
  const { about, device, begin = 0, rows, log, root, size, proved, erased, unproved = 0 } = verdict;
  const isProved = proved > 0;
  const what = about === "device"
    ? `What the log says of ${device}`
    : about === "part"
    ? `The part of the log from row ${begin + 1} to ${begin + rows}`
    : "The log";
  const fits = verdict.isSigned ? "is signed by the key that was kept" : "fits itself";
  const untold = unproved > 0 ? " That personal texts are gone, a later part must say." : "";
  const mark = isProved
    ? paint(screen, "green", `${what} is as it was recorded.`) + untold
    : paint(screen, "yellow", `${what} ${fits}.`) +
      " Whether it is as it was recorded, only a checkpoint that was kept can say: --checkpoint.";
  const figures = [
    ["rows", `${rows}`],
    ...(isProved ? [["proved by a checkpoint", `${proved}`]] : []),
    ...(isProved && proved < rows ? [["newer than any checkpoint", `${rows - proved}`]] : []),
    ...(erased > 0 ? [["rows without their personal text", `${erased}`]] : []),
    ...(unproved > 0 ? [["of which a later part must tell", `${unproved}`]] : []),
    ["id of the log", log],
    [size === undefined ? "root of its tree" : `root of its first ${size} rows`, root],
  ];
  return `${mark}\n${table(figures)}\n`;
}

function complaint(screen: Screen, fault: LogFault, about: Verdict["about"]): string {
  const { expected, found, mark } = firstDifference(fault.expected, fault.found);
  const rows = [["expected", expected], ["found", found], ["", mark]];
  return `${paint(screen, "red", `It does not hold: ${whereOf(fault, about)}.`)}\n${table(rows)}\n`;
}

/** Where, in words. */
function whereOf(
  { seq, to, what, expected, found }: LogFault,
  about: Verdict["about"],
): string {
  if (what === "root") return `something in the rows ${seq} to ${to} was edited`;
  if (what === "end") return `the log ends after row ${found}, and had ${expected}`;
  return `${about === "device" ? "line" : "row"} ${seq}, ${what}`;
}
