/** The API as a document for programs. */
import { openApiDocument } from "../openapi.ts";
import { route } from "../route.ts";
import type { Route } from "../route.ts";

/** `GET /openapi.json`, of all routes, which are known only when it is asked for. */
export function openApiRoutes(all: () => readonly Route[]): readonly Route[] {
  return [
    route({
      method: "GET",
      path: "/openapi.json",
      who: "operator",
      summary: "This document.",
      responses: { 200: { description: "OpenAPI 3.1.", content: [{ type: "application/json" }] } },
      handle: ({ deps }) => Response.json(openApiDocument(all(), deps.version)),
    }),
  ];
}
