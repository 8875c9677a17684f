/** The rows of one device, each with the proof that it is in the log of a checkpoint. */
import {
  inclusionPath,
  proofsHeadLine,
  provedRowLine,
  verifierKeyText,
} from "../../../core/evidence/mod.ts";
import { deviceStream, ErasedRows, erasureIn, personalHashIn } from "../../../core/mod.ts";
import type { RowHeader, SealedRow } from "../../../core/mod.ts";
import { sha256 } from "../sha256.ts";
import { keyOf, lastCheckpoint, newCheckpoint } from "./log_checkpoint.ts";
import type { ExportOptions } from "./options.ts";
import type { ExportParts } from "./run.ts";

/** The lines, and how many rows are in them. @throws {Error} when nothing is known of the device. */
export function proofsOf(
  device: string,
  { data, checkpoint: file }: ExportOptions,
  { log, kept: text, sign, verify }: ExportParts,
): { readonly count: number; readonly lines: Iterable<string> } {
  const key = keyOf(log, data);
  const { size, note } = file === undefined || text === undefined
    ? newCheckpoint(log, key, sign)
    : lastCheckpoint(log, key, { file, text }, verify);
  const rows = [...log.rowsOf(deviceStream(device))] as unknown as SealedRow[];
  const proved = rows.filter(({ seq }) => seq <= size);
  if (proved.length === 0) {
    const what = rows.length === 0 ? "The log says nothing" : `The first ${size} rows say nothing`;
    throw new Error(`${what} of device ${device}. Name one that deno task ota device list shows.`);
  }
  const later = file === undefined ? undefined : erasedLater(proved);
  if (later !== undefined) {
    throw new Error(
      `Cannot prove that row ${later} was erased: that was after the checkpoint of row ${size} ` +
        `in ${file}. Name a newer one with --checkpoint, or none.`,
    );
  }
  const lines = function* () {
    yield proofsHeadLine(device, note, verifierKeyText(key, sha256));
    for (const row of proved) {
      yield provedRowLine(row, inclusionPath(row.seq - 1, size).map((range) => log.hashOf(range)));
    }
  };
  return { count: proved.length, lines: lines() };
}

/** The first row of a stream that lost its personal text, while none of these rows says so. */
function erasedLater(rows: readonly SealedRow[]): number | undefined {
  const erased = new ErasedRows();
  for (const { seq, stream, version, bytes, data, personal } of rows) {
    const { type } = JSON.parse(bytes) as RowHeader;
    const isErased = personal === null && personalHashIn(type, data) !== undefined;
    if (isErased) erased.add({ seq, stream, version });
    const erasure = type === "DataErased" ? erasureIn(data, stream, version) : undefined;
    if (erasure) erased.cover(erasure);
  }
  return erased.first?.seq;
}
