/** Lists: `{ items, next? }`, one page at a time. */
import { z } from "zod";
import { PAGE_MAX } from "../../core/mod.ts";
import type { Page } from "../../core/engine/mod.ts";

/** `?limit=` and `?after=`, the cursor that `next` gave. */
export const pageQuery = {
  limit: z.coerce.number().int().min(1).max(PAGE_MAX).default(100),
  after: z.string().min(1).max(200).optional(),
};

/** A page as a response. */
export function pageResponse<T>(page: Page<T>, view: (item: T) => unknown): Response {
  const { items, next } = page;
  return Response.json({ items: items.map(view), ...(next === undefined ? {} : { next }) });
}
