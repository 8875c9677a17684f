/**
 * What a device may tell the engine, over any transport: one schema for each report, and the parser
 * from bytes to a checked report. Unknown members are ignored; anything else malformed is refused.
 */
import { z } from "zod";
import { checksum, deviceId, label, reportId, runningDigest, taskId, versionName } from "./ids.ts";
import { malformed, parseBody, readJson } from "./body.ts";
import type { MalformedReport } from "./body.ts";
import { CHUNKS_MAX, DURATION_S_MAX, REASON_CHARACTERS_MAX } from "./limits.ts";

/**
 * How the bytes of an image travel.
 *
 * @internal its type is inferred from a schema
 */
export const transport = z.enum(["http", "mqtt"]);

/** How the bytes of an image travel: in answers to HTTP requests, or in messages of the broker. */
export type Transport = "http" | "mqtt";

const named = {
  task_id: taskId.optional(),
  attempt: z.int().min(1).max(1_000).optional(),
  id: reportId.optional(),
};

/**
 * `/ota/{device}/request`: "is there something for me?" `running` is the digest of the image that the
 * device runs, as it computed it itself.
 *
 * @internal its type is inferred from a schema
 */
export const requestReport = z.object({
  version: versionName.optional(),
  current_version: versionName.optional(),
  running: runningDigest.optional(),
  product: label.optional(),
  hardware: label.optional(),
  chunk_size: z.number().optional(),
  chunk_bytes: z.number().optional(),
  transport: transport.optional(),
  resume_from: z.number().optional(),
  id: reportId.optional(),
});

/**
 * `/ota/{device}/progress` in its object form.
 *
 * @internal its type is inferred from a schema
 */
export const progressReport = z.object({
  ...named,
  received: z.number().optional(),
  chunk: z.number().optional(),
  total: z.number().optional(),
  percent: z.number().optional(),
}).refine(
  (p) => [p.received, p.chunk, p.percent].filter((n) => n !== undefined).length === 1,
  "must have exactly one of received, chunk and percent",
);

/**
 * `/ota/{device}/verify`: the digest a device computed over what it stored.
 *
 * @internal its type is inferred from a schema
 */
export const verifyReport = z.object({
  ...named,
  checksum,
  bad_chunks: z.array(z.int().min(0).max(CHUNKS_MAX - 1)).max(CHUNKS_MAX).optional(),
});

/** What a device may say it does with an image. */
export const DEVICE_STATUSES = [
  "installing",
  "rebooting",
  "booted",
  "failed",
  "rolled_back",
  "deferred",
  "rejected",
] as const;

/** A word of the list. */
export type DeviceStatus = (typeof DEVICE_STATUSES)[number];

/**
 * `/ota/{device}/status`: what the device does with a verified image, or why it does not.
 *
 * @internal its type is inferred from a schema
 */
export const statusReport = z.object({
  ...named,
  status: z.enum(DEVICE_STATUSES),
  version: versionName.optional(),
  reason: z.string().transform(shorten).optional(),
  delay_seconds: z.int().min(0).max(DURATION_S_MAX).optional(),
});

/**
 * The reports by the last level of their topic, which is also their HTTP route.
 *
 * @internal its type is inferred from a schema
 */
export const reportSchemas = {
  request: requestReport,
  progress: progressReport,
  verify: verifyReport,
  status: statusReport,
} as const;

/** The name of a report: the last level of its topic. */
export type ReportKind = keyof typeof reportSchemas;

/**
 * A checked report, tagged with its kind.
 *
 * @internal its type is inferred from a schema
 */
export type Report =
  | { kind: "request"; body: z.infer<typeof requestReport> }
  | { kind: "progress"; body: z.infer<typeof progressReport> }
  | { kind: "verify"; body: z.infer<typeof verifyReport> }
  | { kind: "status"; body: z.infer<typeof statusReport> };

/** Whether the word names a report that a device may publish. */
export function isReportKind(word: string): word is ReportKind {
  return Object.hasOwn(reportSchemas, word);
}

/**
 * What tells a report from others, as text: all of it but free text and what is ignored. The log keeps a
 * digest of this, from which nobody must be able to guess what was erased.
 */
export function tellingText({ kind, body }: Report): string {
  const { reason: _, ...telling } = body as { readonly reason?: string };
  return JSON.stringify([kind, telling]);
}

/** Parses the payload of a report. Never throws; what is wrong with it comes back as data. */
export function parseReport(kind: ReportKind, bytes: Uint8Array): Report | MalformedReport {
  const body = parseBody(reportSchemas[kind], bytes, (text) => readBody(kind, text));
  return "code" in body ? body : { kind, body: body.data } as Report;
}

/** An empty request counts as `{}`; progress may be a bare number or the text `45%`. */
function readBody(kind: ReportKind, text: string): { value: unknown } | undefined {
  if (kind === "request" && text.trim() === "") return { value: {} };
  const bare = kind === "progress" && /^\s*"?(-?\d{1,15}(?:\.\d{1,15})?)\s*%"?\s*$/.exec(text);
  if (bare) return { value: { percent: Number(bare[1]) } };
  const json = readJson(text);
  return kind === "progress" && typeof json?.value === "number"
    ? { value: { percent: json.value } }
    : json;
}

/** Free text is for people; what is too long for the record is cut, not refused. */
function shorten(text: string): string {
  return [...text].slice(0, REASON_CHARACTERS_MAX).join("");
}

/** The device named by a topic or route, checked. */
export function parseDeviceId(text: string): string | undefined {
  return deviceId.safeParse(text).data;
}

/** The report with an id from beside its body (`Idempotency-Key`), unless it bears one itself. */
export function withId(
  report: Report | MalformedReport,
  id: string | undefined,
): Report | MalformedReport {
  if ("code" in report || id === undefined || report.body.id !== undefined) return report;
  const checked = reportId.safeParse(id);
  if (!checked.success) return malformed("Idempotency-Key must have 1 to 64 characters.");
  return { ...report, body: { ...report.body, id: checked.data } } as Report;
}
