/**
 * Reports with an id that left no fact: progress too small for one, and refusals. A repeat of them is
 * known all the same, though not after a restart (PROTOCOL §1, "Repeats").
 */
import { REPORT_IDS_MAX } from "../protocol/limits.ts";
import type { MalformedReport, Message, Report } from "../protocol/mod.ts";
import type { Notes } from "./notes.ts";

/** A report that left no fact, and what it was answered with, if anything. */
export interface Answered {
  /** The id the report bore. */
  readonly id: string;
  /** The refusal. */
  readonly message?: Message;
}

/** The last of them, newest first, by device. */
export type AnsweredReports = Notes<readonly Answered[]>;

/** The report that this one repeats. */
export function answeredBefore(
  reports: AnsweredReports,
  device: string,
  report: Report | MalformedReport,
): Answered | undefined {
  const id = idOf(report);
  return id === undefined ? undefined : reports.get(device)?.find((known) => known.id === id);
}

/** Notes what the report was answered with; one without an id cannot be known again. */
export function noteAnswer(
  reports: AnsweredReports,
  device: string,
  report: Report | MalformedReport,
  message?: Message,
): void {
  const id = idOf(report);
  if (id === undefined) return;
  const answered = { id, ...(message ? { message } : {}) };
  reports.set(device, [answered, ...reports.get(device) ?? []].slice(0, REPORT_IDS_MAX));
}

function idOf(report: Report | MalformedReport): string | undefined {
  return "code" in report ? undefined : report.body.id;
}
