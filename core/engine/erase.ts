/**
 * Personal data taken out of the rows of a device. A row keeps its bytes, its data and its hashes, so that
 * all proofs hold; that its text is gone, a fact says.
 */
import { ERASED_ROWS_MAX, problem } from "../protocol/mod.ts";
import type { Problem } from "../protocol/mod.ts";
import type { EngineApi } from "./api.ts";
import type { Command, CommandResult } from "./inputs.ts";
import type { Workspace } from "./workspace.ts";

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
  for (let isMore = true; isMore;) {
    const command: Command = { type: "eraseData", device };
    const answer = await engine.submit({ kind: "command", actor, command });
    if (!answer.ok) return answer;
    if (answer.result?.type !== "erased") throw new Error("The engine did not say what it erased");
    rows += answer.result.rows;
    isMore = answer.result.isMore;
  }
  return { ok: true, rows };
}

/** Decides one batch of it. */
export async function eraseData(
  work: Workspace,
  actor: string,
  { device: id }: Extract<Command, { type: "eraseData" }>,
): Promise<CommandResult | Problem> {
  if (!await work.device(id)) {
    return problem(404, `There is no device ${id}: nothing can be erased of it.`);
  }
  const versions = await work.personalRows(id, ERASED_ROWS_MAX);
  const { length: rows } = versions;
  const through = versions.at(-1);
  if (through !== undefined) {
    work.recordDevice(id, { type: "DataErased", at: work.at, actor, data: { rows, through } });
    work.erase(id, through);
  }
  return { type: "erased", rows, isMore: rows === ERASED_ROWS_MAX };
}
