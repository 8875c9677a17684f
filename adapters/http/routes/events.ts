/** The whole log, for operators and their programs. */
import { z } from "zod";
import { rowView } from "../../../core/engine/mod.ts";
import { pageQuery, pageResponse } from "../pages.ts";
import { route } from "../route.ts";
import type { Route } from "../route.ts";

/** `GET /events?after={seq}` */
export const eventRoutes: readonly Route[] = [
  route({
    method: "GET",
    path: "/events",
    who: "operator",
    query: z.strictObject({ ...pageQuery, after: z.coerce.number().int().min(0).default(0) }),
    handle: async ({ deps, query: { after, limit } }) => {
      const rows = await deps.reads.rows(undefined, after, limit + 1);
      const items = rows.slice(0, limit);
      const next = rows.length > limit ? { next: String(items.at(-1)!.seq) } : {};
      return pageResponse({ items, ...next }, rowView);
    },
  }),
];
