/** A row of the log as cells of a line, for a person. */
import type { Outcome } from "../../core/mod.ts";

/** What is shown of a row. */
export interface ShownRow {
  readonly seq: number;
  /** RFC 3339 in UTC. */
  readonly at: string;
  readonly actor: string;
  readonly type: string;
  readonly data: Readonly<Record<string, unknown>>;
  readonly outcome: Outcome;
}

/** The members of a fact that tell a person most; a line names as many members as these are. */
const TELLING = ["version", "priority", "completion", "retries"];

/** Place, time, actor, fact, what it said, and what was decided on it. */
export function rowCells({ seq, at, actor, type, data, outcome }: ShownRow): string[] {
  return [`${seq}`, at, actor, type, said(data), outcomeText(outcome)];
}

/** What was decided: how tasks moved, and what was to be done. */
export function outcomeText({ moves, effects }: Outcome): string {
  const moved = moves.map(({ task, from, to, attempt, reason }) =>
    `${task} ${from ?? "new"} → ${to} #${attempt}${reason ? ` (${reason})` : ""}`
  );
  return [...moved, ...effects.map(({ type }) => type)].join(", ");
}

/** What the fact said: the telling members, cut where a line would become too long. */
function said(members: ShownRow["data"]): string {
  const keys = [...new Set([...TELLING, ...Object.keys(members)])]
    .filter((key) => Object.hasOwn(members, key) && key !== "id" && !isNested(members[key]));
  const words = keys.slice(0, TELLING.length).map((key) => `${key}=${brief(members[key])}`);
  return words.join(" ");
}

/** A digest is known by its beginning. */
function brief(value: unknown): string {
  const digest = /^((?:sha256:)?[0-9a-f]{8})[0-9a-f]{56}$/;
  const salted = /^(\$6\$.{8}).{8}\$.{88}$/;
  return String(value).replace(digest, "$1…").replace(salted, "$1…");
}

/** What has members of its own does not fit into a line. */
function isNested(value: unknown): boolean {
  return Array.isArray(value) ? value.some(isNested) : typeof value === "object" && value !== null;
}
