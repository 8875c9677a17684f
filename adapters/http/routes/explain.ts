/** A device's history for a person: what changed and why, and why it is not updated now. */
import { z } from "zod";
import { deviceId, deviceStream } from "../../../core/mod.ts";
import type { SealedRow, TaskPolicy } from "../../../core/mod.ts";
import { changesOf, currentOf, movedTasks } from "../../../core/engine/mod.ts";
import type { Change, Page, Reads } from "../../../core/engine/mod.ts";
import { explainAnswer } from "../answers.ts";
import { pageQuery } from "../pages.ts";
import { Refused } from "../problems.ts";
import { json, route } from "../route.ts";
import type { Route } from "../route.ts";
import { asNow } from "../under_way.ts";

/** Rows read at once, and for one page: most rows of a long history only take note of progress. */
const ROWS_READ = 500;
const ROWS_MAX = 5_000;

/** Behind which row to begin, and how many changes of the row after it were given already. */
interface Cursor {
  readonly version: number;
  readonly given: number;
}

const cursor = z.string().regex(/^\d{1,15}(\.\d{1,3})?$/, "must be what `next` gave")
  .default("0").transform((text): Cursor => {
    const [version, given = 0] = text.split(".").map(Number);
    return { version: version!, given };
  });

/** `GET /devices/{id}/explain` */
export const explainRoutes: readonly Route[] = [
  route({
    method: "GET",
    path: "/devices/:id/explain",
    who: "operator",
    params: z.object({ id: deviceId }),
    query: z.strictObject({ ...pageQuery, after: cursor }),
    summary: "A device's history for a person, and the one reason why it is not updated now.",
    responses: {
      200: json("What changed, oldest first, each with its reason.", explainAnswer),
      404: { description: "There is no such device." },
    },
    handle: async ({ deps, params: { id }, query: { after, limit } }) => {
      const device = await deps.reads.device(id);
      if (!device) {
        throw new Refused(404, `There is no device ${id}. Register it first with POST /devices.`);
      }
      const { version } = device;
      const tasks = device.tasks.map((task) => asNow(deps, task));
      const heardAt = Math.max(device.lastContactAt, deps.engine.lastHeardAt(id) ?? 0);
      return Response.json({
        device_id: id,
        ...(version === null ? {} : { version }),
        current: currentOf({ ...device, tasks }, deps.engine.now(), heardAt),
        ...await changesPage(deps.reads, id, after, limit),
      });
    },
  }),
];

/** At most `limit` changes; a row that has more of them goes on with the next page. */
async function changesPage(
  reads: Reads,
  device: string,
  { version, given }: Cursor,
  limit: number,
): Promise<Page<Change>> {
  const items: Change[] = [];
  const stream = deviceStream(device);
  const policies = new Map<string, TaskPolicy>();
  let at = version;
  while (at < version + ROWS_MAX) {
    const rows = await reads.rows(stream, at, ROWS_READ);
    await addPolicies(reads, rows, policies);
    for (const row of rows) {
      const skipped = row.version === version + 1 ? given : 0;
      const changes = changesOf(row, (task) => policies.get(task)).slice(skipped);
      const room = limit - items.length;
      items.push(...changes.slice(0, room));
      if (changes.length > room) return { items, next: `${at}.${skipped + room}` };
      at = row.version;
    }
    if (rows.length < ROWS_READ) return { items };
  }
  return { items, next: `${at}` };
}

/** The frozen policies of the tasks that moved, for the numbers in the texts. */
async function addPolicies(
  reads: Reads,
  rows: readonly SealedRow[],
  policies: Map<string, TaskPolicy>,
): Promise<void> {
  for (const id of new Set(rows.flatMap(movedTasks))) {
    const task = policies.has(id) ? undefined : await reads.task(id);
    if (task) policies.set(id, task.policy);
  }
}
