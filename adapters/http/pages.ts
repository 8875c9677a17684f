/** Lists: `{ items, next? }`, one page at a time. */
import { z } from "zod";
import { PAGE_MAX } from "../../core/mod.ts";
import type { Page } from "../../core/engine/mod.ts";

/** `?limit=` and `?after=`, the cursor that `next` gave. */
export const pageQuery = {
  limit: z.coerce.number().int().min(1).max(PAGE_MAX).default(100),
  after: z.string().min(1).max(200).optional(),
};

/** A page as a response, with what else is to be said of the list. */
export function pageResponse<T>(
  { items, next }: Page<T>,
  view: (item: T) => unknown,
  more: object = {},
): Response {
  return Response.json({
    items: items.map(view),
    ...(next === undefined ? {} : { next }),
    ...more,
  });
}
