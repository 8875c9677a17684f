/** The rows of one device, each with the proof that it is in the log of a checkpoint. */
import {
  checkpointText,
  inclusionPath,
  keyIn,
  noteText,
  proofsHeadLine,
  provedRowLine,
  readKept,
  verifierKeyText,
} from "../../../core/evidence/mod.ts";
import type { KeptCheckpoint, VerifierKey } from "../../../core/evidence/mod.ts";
import { deviceStream } from "../../../core/mod.ts";
import type { SealedRow } from "../../../core/mod.ts";
import { sha256 } from "../sha256.ts";
import type { ExportOptions } from "./options.ts";
import type { ExportParts } from "./run.ts";

/** The lines, and how many rows are in them. @throws {Error} when nothing is known of the device. */
export function proofsOf(
  device: string,
  options: ExportOptions,
  parts: ExportParts,
): { readonly count: number; readonly lines: Iterable<string> } {
  const { log } = parts;
  const key = keyOf(parts, options);
  const { size, note } = checkpointFor(key, options, parts);
  const rows = [...log.rows(deviceStream(device))] as unknown as SealedRow[];
  const proved = rows.filter(({ seq }) => seq <= size);
  if (proved.length === 0) {
    const what = rows.length === 0 ? "The log says nothing" : `The first ${size} rows say nothing`;
    throw new Error(`${what} of device ${device}. Name one that deno task ota device list shows.`);
  }
  const lines = function* () {
    yield proofsHeadLine(device, note, verifierKeyText(key, sha256));
    for (const row of proved) {
      yield provedRowLine(row, inclusionPath(row.seq - 1, size).map((range) => log.hashOf(range)));
    }
  };
  return { count: proved.length, lines: lines() };
}

/** The key that speaks for the log, as its first row says. @throws {Error} */
function keyOf({ log }: ExportParts, { data }: ExportOptions): VerifierKey {
  for (const row of log.rows()) {
    const key = keyIn(row, sha256);
    if (key) return key;
    break;
  }
  throw new Error(`Cannot use ${data}: its log does not begin as one. Look with deno task replay.`);
}

/** The last checkpoint that was kept of it, or one that is made of all there is now. @throws {Error} */
function checkpointFor(
  key: VerifierKey,
  { checkpoint: file }: ExportOptions,
  { log, kept, sign, verify }: ExportParts,
): KeptCheckpoint {
  if (kept === undefined) {
    const [origin, size] = [key.name, log.count];
    const checkpoint = { origin, size, root: log.hashOf([0, size]) };
    return { ...checkpoint, note: noteText(checkpointText(checkpoint), key, sign, sha256) };
  }
  const last = readKept(kept, key, verify, sha256).checkpoints.at(-1);
  if (!last) {
    throw new Error(
      `Cannot use ${file}: there is no checkpoint of this log in it. Name checkpoints of ${key.name}.`,
    );
  }
  const { size, root } = last;
  if (size > log.count || log.hashOf([0, size]) !== root) {
    throw new Error(
      `Cannot prove anything for the checkpoint of row ${size} in ${file}: the log has other rows. ` +
        "Somebody edited it, or an older copy of it is in its place.",
    );
  }
  return last;
}
