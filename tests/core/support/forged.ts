/** Logs that a forger edited: what stands in a row is another, and every hash after it was made again. */
import { canonicalJson, hashBytes } from "../../../core/mod.ts";
import type { SealedRow } from "../../../core/mod.ts";
import { sha256 } from "./bench_engine.ts";

/** What a row holds. */
export type Header = Record<string, unknown>;

/** The rows with one header edited, every hash and chain after it made again, as a forger would. */
export function forged(
  rows: readonly SealedRow[],
  seq: number,
  edit: (header: Header) => void,
): SealedRow[] {
  const heads = new Map<string, string>();
  return rows.map((row) => {
    const header = JSON.parse(row.bytes) as Header;
    header.prev = heads.get(row.stream) ?? null;
    if (row.seq === seq) edit(header);
    const bytes = canonicalJson(header);
    const hash = hashBytes(bytes, sha256);
    heads.set(row.stream, hash);
    const { seq: at, version, stream } = header as unknown as SealedRow;
    return { ...row, seq: at, version, stream, bytes, hash };
  });
}
