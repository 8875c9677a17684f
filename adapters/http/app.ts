/**
 * The HTTP application: a pure `fetch` handler over the table of routes. It knows no socket; checks
 * come in the order credentials, path, query, headers, body.
 */
import { Hono } from "hono";
import type { HttpBindings } from "@hono/node-server";
import { problem, wordsOf } from "../../core/mod.ts";
import { ImageError } from "../../firmware/mod.ts";
import { absent } from "./absent.ts";
import { readJson } from "./body.ts";
import { callerOf } from "./callers.ts";
import { imageRefusal } from "./image_refusal.ts";
import { invalid, problemResponse, refusalResponse, Refused } from "./problems.ts";
import type { Call, HttpDeps, Route } from "./route.ts";
import { artifactRoutes } from "./routes/artifacts.ts";
import { checkRoutes } from "./routes/checks.ts";
import { deviceRoutes } from "./routes/devices.ts";
import { eventRoutes } from "./routes/events.ts";
import { explainRoutes } from "./routes/explain.ts";
import { firmwareRoutes } from "./routes/firmware.ts";
import { healthRoutes } from "./routes/health.ts";
import { logRoutes } from "./routes/log.ts";
import { messageRoutes } from "./routes/messages.ts";
import { metricsRoutes } from "./routes/metrics.ts";
import { openApiRoutes } from "./routes/openapi.ts";
import { reportRoutes } from "./routes/reports.ts";
import { taskRoutes } from "./routes/tasks.ts";
import { wireOf } from "./wire.ts";

/** Every route there is. */
export const routes: readonly Route[] = [
  ...healthRoutes,
  ...metricsRoutes,
  ...deviceRoutes,
  ...explainRoutes,
  ...firmwareRoutes,
  ...taskRoutes,
  ...artifactRoutes,
  ...reportRoutes,
  ...messageRoutes,
  ...checkRoutes,
  ...eventRoutes,
  ...logRoutes,
  ...openApiRoutes(() => routes),
];

type AnyCall = Call<unknown, unknown, unknown>;
type Env = { Bindings: Partial<HttpBindings> };

/** Builds the application. */
export function createApp(deps: HttpDeps, onFault: (error: unknown) => void): Hono<Env> {
  const app = new Hono<Env>();
  for (const route of routes) {
    app.on(route.method, route.path, async (c) => {
      const isHttp10 = c.env?.incoming?.httpVersion === "1.0" || isViaHttp10(c.req.raw);
      const origin = { request: c.req.raw, isHttp10, wire: wireOf(c.env) };
      return await answer(deps, route, origin, c.req.param());
    });
  }
  app.notFound((c) => refusalResponse(absent(app.router, c.req.method, c.req.url)));
  app.onError((error) => {
    if (error instanceof Refused) return refusalResponse(error);
    if (error instanceof ImageError) return refusalResponse(imageRefusal(error));
    onFault(error);
    return problemResponse(problem(500, "The engine failed on this request. Its log says why."));
  });
  return app;
}

/** A proxy speaks HTTP/1.1 for whomever, and says in `Via` what it heard (RFC 9110 §7.6.3). */
function isViaHttp10({ headers }: Request): boolean {
  return /^\s*(HTTP\/)?1\.0\s/i.test(headers.get("via") ?? "");
}

async function answer(
  deps: HttpDeps,
  route: Route,
  origin: Pick<AnyCall, "request" | "isHttp10" | "wire">,
  rawParams: Record<string, string>,
): Promise<Response> {
  const { request } = origin;
  const caller = await callerOf(deps, route, request, rawParams);
  const params = check("path", route.params, rawParams);
  const search = Object.fromEntries(new URL(request.url).searchParams);
  const query = check("query", route.query, search);
  const headers = check("header", route.headers, Object.fromEntries(request.headers));
  const body = route.body && check("body", route.body, await readJson(request, deps.limits));
  return await route.handle({ ...origin, deps, caller, params, query, headers, body });
}

function check(what: string, schema: Route["params"], value: unknown): unknown {
  if (!schema) return undefined;
  const parsed = schema.safeParse(value, { error: wordsOf });
  if (!parsed.success) throw invalid(what, parsed.error);
  return parsed.data;
}
