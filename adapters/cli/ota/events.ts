/** `ota events`: the rows of the log. */
import { deviceStream } from "../../../core/mod.ts";
import { count, toggle } from "../args.ts";
import { rowCells } from "../row_view.ts";
import type { ShownRow } from "../row_view.ts";
import { table } from "../terminal.ts";
import { follow } from "./follow.ts";
import { verb } from "./verb.ts";

/** Widths that hold nearly every cell: rows come one by one, and lines are to stand below each other. */
const WIDTHS = [6, 24, 12, 16, 18, 34];

/** What the name of a device's stream begins with. */
const DEVICES = deviceStream("");

/** The command. */
export const eventsVerb = verb(
  {
    name: "events",
    summary: "The rows of the log: what came in, and what was decided on it.",
    flags: {
      after: count("Begin behind this row", 0, 0, Number.MAX_SAFE_INTEGER),
      follow: toggle("Go on with each new row until it is interrupted"),
    },
  },
  async ({ after, follow: isFollowed }, { api, screen, isJson }) => {
    const rows = isFollowed ? follow(api, after) : api.list("/events", { after: `${after}` });
    for await (const row of rows) {
      screen.write(
        `${isJson ? JSON.stringify(row) : rowLine(row as Parameters<typeof rowLine>[0])}\n`,
      );
      if (screen.isClosed) return;
    }
  },
);

/** A row of any stream; of a device's, with its id. */
function rowLine({ stream, ...row }: ShownRow & { readonly stream: string }): string {
  const [seq = "", at = "", ...more] = rowCells(row);
  const device = stream.startsWith(DEVICES) ? stream.slice(DEVICES.length) : "";
  const cells = [seq, at, device, ...more];
  return table([cells.map((cell, index) => cell.padEnd(WIDTHS[index] ?? 0))]);
}
