/** A device as of a point of the log, folded from its rows. */
import { AsOf, deviceStream, timeOf } from "../../core/mod.ts";
import type { Device, LogPoint, SealedRow } from "../../core/mod.ts";
import { deviceAsOfView, timeText } from "../../core/engine/mod.ts";
import type { Reads } from "../../core/engine/mod.ts";
import { Refused } from "./problems.ts";

/** Rows that are folded at once: meanwhile the engine stands still for some milliseconds. */
const PAGE_ROWS = 100;

/**
 * What the API shows of it, and the last of its rows that is in it.
 *
 * @throws {Refused} when it was not known then.
 */
export async function deviceAsOf(
  reads: Pick<Reads, "rows">,
  { id }: Device,
  point: LogPoint,
): Promise<object> {
  const asOf = new AsOf(point);
  for await (const row of rowsOf(reads, id)) {
    const taken = asOf.take(row);
    if (taken === true) continue;
    if (taken !== false || Number.isNaN(timeOf(row))) throw damaged(id, row);
    if (!asOf.state) throw notKnownYet(id, row);
    break;
  }
  return deviceAsOfView(asOf.state!);
}

/** Page by page, and others have their turn in between. */
async function* rowsOf(reads: Pick<Reads, "rows">, device: string): AsyncIterable<SealedRow> {
  for (let after = 0;;) {
    const rows = await reads.rows(deviceStream(device), after, PAGE_ROWS);
    yield* rows;
    if (rows.length < PAGE_ROWS) return;
    after = rows.at(-1)!.version;
    await new Promise<void>((resolve) => void setImmediate(resolve));
  }
}

function notKnownYet(device: string, row: SealedRow): Refused {
  const since = `${timeText(timeOf(row))} (row ${row.seq})`;
  return new Refused(404, `Device ${device} was not known then. It is known since ${since}.`);
}

function damaged(device: string, { seq }: SealedRow): Refused {
  const whatToDo = "Look at the log with deno task replay, and restore a backup.";
  return new Refused(500, `Row ${seq} of device ${device} is damaged. ${whatToDo}`);
}
