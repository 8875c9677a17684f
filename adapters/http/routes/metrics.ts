/** The engine in figures, for Prometheus. */
import { route } from "../route.ts";
import type { Route } from "../route.ts";

/** `GET /metrics` */
export const metricsRoutes: readonly Route[] = [
  route({
    method: "GET",
    path: "/metrics",
    who: "operator",
    summary: "The engine in figures, in Prometheus' text format.",
    responses: { 200: { description: "All figures.", content: [{ type: "text/plain" }] } },
    handle: async ({ deps }) => {
      const { contentType, text } = await deps.metrics();
      const headers = { "content-type": contentType, "cache-control": "no-store" };
      return new Response(text, { headers });
    },
  }),
];
