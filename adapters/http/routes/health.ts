/** Whether the process lives, and whether it can serve devices. */
import { Refused } from "../problems.ts";
import { route } from "../route.ts";
import type { Route } from "../route.ts";

/** `GET /healthz` and `GET /readyz`, for whoever asks. */
export const healthRoutes: readonly Route[] = [
  route({
    method: "GET",
    path: "/healthz",
    who: "anyone",
    handle: () => Response.json({ status: "ok" }),
  }),
  route({
    method: "GET",
    path: "/readyz",
    who: "anyone",
    handle: ({ deps }) => {
      if (!deps.ready()) throw new Refused(503, "The engine is not ready to serve devices yet.");
      return Response.json({ status: "ready" });
    },
  }),
];
