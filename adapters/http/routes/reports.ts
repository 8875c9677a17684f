/** What devices report over HTTP: the same JSON as over MQTT, with the same effects. */
import { z } from "zod";
import { deviceId, parseReport, reportSchemas, withId } from "../../../core/mod.ts";
import type { ReportKind } from "../../../core/mod.ts";
import { messagesAnswer } from "../answers.ts";
import { readBytes } from "../body.ts";
import { problemResponse } from "../problems.ts";
import { json, route } from "../route.ts";
import type { Route } from "../route.ts";
import { messagesResponse } from "./messages.ts";

/** `POST /ota/{device}/…` */
export const reportRoutes: readonly Route[] = (
  ["request", "progress", "verify", "status"] as const
).map((kind: ReportKind) =>
  route({
    method: "POST",
    path: `/ota/:device/${kind}`,
    who: "device",
    params: z.object({ device: deviceId }),
    reads: { type: "application/json", schema: reportSchemas[kind] },
    summary: `A device reports: ${kind}.`,
    responses: {
      200: json("Messages meant for the device now, a refusal among them.", messagesAnswer),
      413: { description: "The report is too large." },
    },
    handle: async ({ deps, request, params: { device } }) => {
      const bytes = await readBytes(request, deps.limits);
      const id = request.headers.get("idempotency-key") ?? undefined;
      const parsed = withId(parseReport(kind, bytes), id);
      deps.engine.heard(device);
      const answer = await deps.engine.submit({
        kind: "report",
        device,
        report: kind,
        parsed,
        via: "http",
      });
      if (!answer.ok) return problemResponse(answer.problem);
      return messagesResponse(deps, answer.messages);
    },
  })
);
