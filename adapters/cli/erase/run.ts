/** `deno task erase`: personal data out of the rows of a device, in a folder that no engine uses. */
import { eraseDevice } from "../../../core/engine/mod.ts";
import type { EngineApi } from "../../../core/engine/mod.ts";
import type { Screen } from "../terminal.ts";
import type { EraseOptions } from "./options.ts";
import { erasedText } from "./view.ts";

/** What others do for it. */
export interface EraseParts {
  /** An engine on the folder. */
  readonly engine: Pick<EngineApi, "submit">;
  /** Whether no file of the folder has anything that was erased. */
  isScrubbed(): boolean;
}

/** Erases, and says what. @throws {Error} when it could not, or a file still has what was erased. */
export async function runErase(
  { device, data, json }: EraseOptions,
  screen: Screen,
  { engine, isScrubbed }: EraseParts,
): Promise<boolean> {
  const erasure = await eraseDevice(engine, "operator:cli", device);
  if (!erasure.ok) throw new Error(erasure.problem.detail);
  const { rows } = erasure;
  const pending = !isScrubbed();
  const answer = { device_id: device, erased: rows, pending };
  screen.write(json ? `${JSON.stringify(answer)}\n` : erasedText(device, rows));
  if (!pending) return true;
  throw new Error(
    `Cannot overwrite what was erased: another process reads the log in ${data}. ` +
      "Wait for its end, and do this again.",
  );
}
