/** What must be true of a log after whatever was done to its engine. */
import assert from "node:assert/strict";
import { isDivergence, Replay } from "../../core/mod.ts";
import type { RowHeader } from "../../core/mod.ts";
import { machineDigest } from "../../adapters/host/mod.ts";
import { openReplica } from "../../adapters/sqlite/mod.ts";

/** States in which a task is neither waiting for its turn nor over (INVARIANTS I1). */
const ACTIVE = [
  ...["offered", "downloading", "paused", "retrying", "verifying", "awaiting_install"],
  ...["installing", "rebooting", "confirming"],
];

/** What a log says. */
export interface LogStory {
  /** The names of the reports of each device, in their order. */
  readonly reports: ReadonlyMap<string, readonly string[]>;
  /** Every task's last state, and the attempt it got there with. */
  readonly tasks: ReadonlyMap<string, { readonly state: string; readonly attempt: number }>;
  readonly streams: ReadonlySet<string>;
  readonly rows: number;
}

/** What a fact is called among the reports; `undefined`: it is none. */
export type NameReport = (type: string, data: Record<string, unknown>) => string | undefined;

const byId: NameReport = (_, { id }) => id as string | undefined;

/** Replays the log of the folder; fails where it does not come out the same, or two tasks are active. */
export async function readLog(data: string, nameReport = byId): Promise<LogStory> {
  const replica = await openReplica(data);
  const replay = new Replay(machineDigest.sha256);
  const reports = new Map<string, string[]>();
  const tasks = new Map<string, { state: string; attempt: number }>();
  const active = new Map<string, Set<string>>();
  try {
    for (const cells of replica.rows()) {
      const taken = replay.take(cells);
      assert.ok(!isDivergence(taken), JSON.stringify(taken));
      replica.expect(taken);
      const { stream, seq, type, outcome } = JSON.parse(String(cells.bytes)) as RowHeader;
      const name = nameReport(type, JSON.parse(String(cells.data)));
      if (name !== undefined) reports.set(stream, [...reports.get(stream) ?? [], name]);
      const own = active.get(stream) ?? new Set();
      active.set(stream, own);
      for (const { task, to, attempt } of outcome.moves) {
        tasks.set(task, { state: to, attempt });
        ACTIVE.includes(to) ? own.add(task) : own.delete(task);
      }
      // Within a row one task makes room for another: what the row leaves behind counts.
      assert.ok(own.size <= 1, `${stream} has ${[...own].join(" and ")} active at row ${seq}`);
    }
    assert.equal(replica.firstDifference(), undefined);
  } finally {
    replica.close();
  }
  return { reports, tasks, streams: new Set(active.keys()), rows: replay.summary.rows };
}
