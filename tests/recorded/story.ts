/** A story of the engine: what happens around it is written down, what it makes of that is recorded. */
import { lineOf } from "../../core/mod.ts";
import type { SealedRow } from "../../core/mod.ts";
import type { EngineOptions } from "../../core/engine/mod.ts";
import { bench } from "../core/support/bench_engine.ts";
import type { Bench } from "../core/support/bench_engine.ts";

/** One behaviour of the engine. */
export interface Story {
  /** The name of its log, for ever. */
  readonly name: string;
  readonly options?: Pick<EngineOptions, "deviceRequests" | "isBrokered" | "version">;
  /** Lets it happen, and checks on the way that it does. */
  readonly tell: (b: Bench) => Promise<void>;
}

/** The log that the engine of today makes of the story: always the same, byte for byte. */
export async function rowsOf({ options = {}, tell }: Story): Promise<readonly SealedRow[]> {
  const b = await bench(options);
  await tell(b);
  if (b.faults.length > 0) throw b.faults[0];
  return b.store.rows;
}

/** The log as a file. */
export function textOf(rows: readonly SealedRow[]): string {
  return rows.map((row) => `${lineOf(row)}\n`).join("");
}
