/** Whether the process lives, and whether it can serve devices. */
import { statusAnswer } from "../answers.ts";
import { Refused } from "../problems.ts";
import { json, route } from "../route.ts";
import type { Route } from "../route.ts";

/** `GET /healthz` and `GET /readyz`, for whoever asks. */
export const healthRoutes: readonly Route[] = [
  route({
    method: "GET",
    path: "/healthz",
    who: "anyone",
    summary: "Whether the process lives.",
    responses: { 200: json("It does.", statusAnswer) },
    handle: () => Response.json({ status: "ok" }),
  }),
  route({
    method: "GET",
    path: "/readyz",
    who: "anyone",
    summary: "Whether devices can be served now.",
    responses: { 200: json("They can.", statusAnswer), 503: { description: "Not yet." } },
    handle: ({ deps }) => {
      if (!deps.ready()) throw new Refused(503, "The engine is not ready to serve devices yet.");
      return Response.json({ status: "ready" });
    },
  }),
];
