/**
 * Personal data taken out of the rows of a device. A row keeps its bytes and its hash; what is left of
 * its data is told by a fact, so that all proofs hold and nobody can take out more.
 */
import { checkRow, isFault } from "../evidence/row_check.ts";
import { hashText, withoutPersonal } from "../log/mod.ts";
import { ERASED_ROWS_MAX, problem } from "../protocol/mod.ts";
import type { Problem } from "../protocol/mod.ts";
import type { EngineApi } from "./api.ts";
import type { Command, CommandResult } from "./inputs.ts";
import type { ErasedData } from "./ports.ts";
import type { Workspace } from "./workspace.ts";

/** Rows that one batch looks at: a device may have millions, and others wait meanwhile. */
const LOOK_MAX = 1_000;

/** What came of it: how many rows lost data, or why it could not go on. What was erased stays so. */
export type Erasure =
  | { readonly ok: true; readonly rows: number }
  | { readonly ok: false; readonly problem: Problem };

/** Takes personal data out of all rows of a device, batch by batch; nothing is lost by doing it again. */
export async function eraseDevice(
  engine: Pick<EngineApi, "submit">,
  actor: string,
  device: string,
): Promise<Erasure> {
  let rows = 0;
  for (let after: number | null = 0; after !== null;) {
    const command: Command = { type: "eraseData", device, after };
    const answer = await engine.submit({ kind: "command", actor, command });
    if (!answer.ok) return answer;
    if (answer.result?.type !== "erased") throw new Error("The engine did not say what it erased");
    rows += answer.result.rows;
    after = answer.result.next;
  }
  return { ok: true, rows };
}

/** Decides one batch of it. */
export async function eraseData(
  work: Workspace,
  actor: string,
  { device: id, after }: Extract<Command, { type: "eraseData" }>,
): Promise<CommandResult | Problem> {
  if (!await work.device(id)) {
    return problem(404, `There is no device ${id}: nothing can be erased of it.`);
  }
  const rows = await work.rowsOf(id, after, LOOK_MAX);
  const erased: ErasedData[] = [];
  for (const row of rows) {
    const checked = checkRow(row, work.sha256);
    if (isFault(checked)) return damaged(row.seq, checked.what);
    if (checked.kept !== undefined) continue;
    const data = withoutPersonal(String(checked.type), checked.data);
    if (data !== undefined) erased.push({ seq: row.seq, data });
  }
  for (let from = 0; from < erased.length; from += ERASED_ROWS_MAX) {
    const part = erased.slice(from, from + ERASED_ROWS_MAX);
    const kept = part.map(({ seq, data }) => ({ kept: hashText(data, work.sha256), seq }));
    work.recordDevice(id, { type: "DataErased", at: work.at, actor, data: { rows: kept } });
    work.erase(id, part);
  }
  const next = rows.length < LOOK_MAX ? null : rows.at(-1)!.version;
  return { type: "erased", rows: erased.length, next };
}

/** What somebody edited must not go on record as what was left. */
function damaged(seq: number, what: string): Problem {
  return problem(
    500,
    `Cannot erase: row ${seq} is not what was recorded (${what}). ` +
      'Look at the log with "deno task replay", and restore a backup.',
  );
}
