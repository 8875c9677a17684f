/**
 * What a device may be told though it is owed by no row: the answer to a report of its own that is being
 * processed, and to nothing else (PROTOCOL §1, "Repeats"; every request is answered).
 */
import type { Answer, ReportInput } from "../../engine/mod.ts";
import type { Life, SeenRow, Submission } from "../watch.ts";
import { deviceOf } from "./naive.ts";
import type { NaiveTask } from "./naive.ts";
import type { Said } from "./naive_running.ts";
import { kindOf } from "./naive_owed.ts";
import type { TaskView } from "./passing.ts";
import { standing } from "./sayings.ts";
import { isBusy } from "./words.ts";

/** The last reports with an id are known again, and the last that came in a packet, by either name. */
const KNOWN_MAX = 32;

/** A report, or an ask for bytes. */
type Saying = Submission & { readonly input: { readonly kind: "report" | "ask" } };
/** A report that is on record, and what it led to. */
interface Known {
  readonly id: string | undefined;
  readonly packet: string | undefined;
  readonly effects: Set<string>;
}
type Report = Extract<ReportInput["parsed"], { body: unknown }>;

/** The reports under way, and what those before them led to. */
export class Answering {
  /** What is under way, by life and device. */
  readonly #pending = new Map<Life, Map<string, Set<Saying>>>();
  /** The reports that are known again, by device; the newest first. */
  readonly #known = new Map<string, readonly Known[]>();

  submitted(submission: Submission): void {
    if (!isSaying(submission)) return;
    const { input: { device }, life } = submission;
    const devices = this.#pending.get(life) ?? new Map<string, Set<Saying>>();
    this.#pending.set(life, devices);
    const reports = devices.get(device);
    if (reports) reports.add(submission);
    else devices.set(device, new Set([submission]));
  }

  answered(submission: Submission, _answer: Answer): void {
    if (!isSaying(submission)) return;
    this.#pending.get(submission.life)?.get(submission.input.device)?.delete(submission);
  }

  died(life: Life): void {
    this.#pending.delete(life);
  }

  /** Notes what a report led to: a repeat of it is answered as it was. */
  beforeRow({ header: { stream, outcome }, fact: { data } }: SeenRow): void {
    const { id, packet } = data as { id?: string; packet?: string };
    if (id === undefined && packet === undefined) return;
    const device = deviceOf(stream);
    const known = this.#known.get(device) ?? [];
    // A wish is one report and two facts.
    const before = known.find((report) => report.id === id && report.packet === packet);
    const report = before ?? { id, packet, effects: new Set() };
    for (const effect of outcome.effects) report.effects.add(`${effect.task} ${kindOf(effect)}`);
    this.#known.set(device, newest([report, ...known.filter((other) => other !== report)]));
  }

  /** Whether the device is saying something; `isRequest`: that it wants something to do. */
  isAsked(life: Life, device: string, isRequest: boolean): boolean {
    for (const { input } of this.#pending.get(life)?.get(device) ?? []) {
      if (!isRequest || "kind" in input.parsed && input.parsed.kind === "request") return true;
    }
    return false;
  }

  /** What clients that only fetch say in the checks of the device that are under way. */
  checksOf(life: Life, device: string): readonly Said[] {
    return [...this.#pending.get(life)?.get(device) ?? []].flatMap((report) => saidIn(report));
  }

  /** Whether one of the reports under way is answered with that message of a task in that state. */
  isAnswer(life: Life, kind: string, { id, device, policy }: NaiveTask, view: TaskView): boolean {
    for (const { input } of this.#pending.get(life)?.get(device) ?? []) {
      // Whoever asks for bytes is given these, or refused.
      if (input.kind === "ask" || "code" in input.parsed) continue;
      const { parsed, packet } = input;
      if (parsed.kind === "request" && kind === "metadata" && isBusy(view.state)) return true;
      const led = knownAs(this.#known.get(device) ?? [], parsed.body.id, packet?.key)?.effects;
      if (led?.has(`${id} ${kind}`)) return true;
      const isKnown = mentions(led, id) || isOld(parsed, id, policy.image, view);
      if (isKnown && kind === standing(view)) return true;
    }
    return false;
  }
}

/** What a client says of itself in a check, if it is one. */
export function saidIn({ input }: Submission): readonly Said[] {
  if (input.kind !== "report" || input.via !== "fetch" || "code" in input.parsed) return [];
  return input.parsed.kind === "request" ? [input.parsed.body] : [];
}

function isSaying(submission: Submission): submission is Saying {
  return submission.input.kind === "report" || submission.input.kind === "ask";
}

function knownAs(
  known: readonly Known[],
  id: string | undefined,
  packet: string | undefined,
): Known | undefined {
  return known.find((report) =>
    id !== undefined && report.id === id || packet !== undefined && report.packet === packet
  );
}

function newest(known: readonly Known[]): readonly Known[] {
  const counts = { id: 0, packet: 0 };
  return known.filter((report) => {
    const isLate = (kind: "id" | "packet") =>
      report[kind] === undefined || ++counts[kind] > KNOWN_MAX;
    const [idIsLate, packetIsLate] = [isLate("id"), isLate("packet")];
    return !(idIsLate && packetIsLate);
  });
}

function mentions(led: ReadonlySet<string> | undefined, task: string): boolean {
  for (const one of led ?? []) if (one.startsWith(`${task} `)) return true;
  return false;
}

/** It is of an attempt that is over, or says the right digest: perhaps once more. */
function isOld(report: Report, task: string, image: string, { attempt }: TaskView): boolean {
  if (report.kind === "request") return false;
  const { task_id, attempt: of } = report.body;
  if (task_id !== undefined && task_id !== task) return false;
  return of !== undefined && of < attempt ||
    report.kind === "verify" && report.body.checksum === image;
}
