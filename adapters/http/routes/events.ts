/** The whole log, for operators and their programs. */
import { z } from "zod";
import { rowView } from "../../../core/engine/mod.ts";
import { logAnswer } from "../answers.ts";
import { eventStream } from "../event_stream.ts";
import { pageQuery, pageResponse } from "../pages.ts";
import { route } from "../route.ts";
import type { HttpDeps, Route } from "../route.ts";

async function rowsPage({ reads }: HttpDeps, after: number, limit: number): Promise<Response> {
  const lastSeq = await reads.lastSeq();
  const rows = await reads.rows(undefined, after, limit + 1);
  const items = rows.slice(0, limit);
  const next = rows.length > limit ? { next: String(items.at(-1)!.seq) } : {};
  return pageResponse({ items, ...next }, rowView, { last_seq: lastSeq });
}

/** `GET /events?after={seq}&follow=true` */
export const eventRoutes: readonly Route[] = [
  route({
    method: "GET",
    path: "/events",
    who: "operator",
    query: z.strictObject({
      ...pageQuery,
      after: z.coerce.number().int().min(0).default(0),
      follow: z.enum(["true", "false"]).default("false"),
    }),
    headers: z.object({
      "last-event-id": z.string().regex(/^\d{1,15}$/, "must be the id of an event").transform(
        Number,
      )
        .optional(),
    }),
    summary: "The whole log, or, with follow, the log as it grows (Server-Sent Events).",
    responses: {
      200: {
        description: "Rows, oldest first.",
        content: [{ type: "application/json", schema: logAnswer }, { type: "text/event-stream" }],
      },
      503: { description: "Too many programs follow the log." },
    },
    handle: (call) => {
      const { deps, query: { after, limit, follow }, headers } = call;
      if (follow === "false") return rowsPage(deps, after, limit);
      // A program that comes back says what it had last, with the address it began with.
      return eventStream(call, headers["last-event-id"] ?? after);
    },
  }),
];
