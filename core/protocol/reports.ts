/**
 * What a device may tell the engine, over any transport: one schema for each report, and the parser
 * from bytes to a checked report. Unknown members are ignored; anything else malformed is refused.
 */
import { z } from "zod";
import { checksum, deviceId, label, reportId, runningDigest, taskId, versionName } from "./ids.ts";
import { decodeText, parseJson } from "./json.ts";
import { CHUNKS_MAX, DURATION_S_MAX, PAYLOAD_BYTES_MAX, REASON_CHARACTERS_MAX } from "./limits.ts";
import { wordsOf } from "./words.ts";

/**
 * How the bytes of an image travel.
 *
 * @internal its type is inferred from a schema
 */
export const transport = z.enum(["http", "mqtt"]);

/** How the bytes of an image travel. */
export type Transport = z.infer<typeof transport>;

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

/** Why a report was refused before anybody looked at the device's state. */
export interface MalformedReport {
  /** A code of PROTOCOL §1. */
  readonly code: "malformed" | "too_large" | "not_allowed";
  /** A sentence for the developer of the device. */
  readonly reason: string;
}

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
  if (bytes.length > PAYLOAD_BYTES_MAX) {
    return { code: "too_large", reason: `The payload is over ${PAYLOAD_BYTES_MAX} bytes.` };
  }
  const text = decodeText(bytes);
  if (text === undefined) return malformed("The payload is not UTF-8. Send UTF-8.");
  const json = readBody(kind, text);
  if (!json) return malformed("The payload is not acceptable JSON. Send a JSON object.");
  const parsed = reportSchemas[kind].safeParse(json.value, { error: wordsOf });
  if (!parsed.success) return malformed(describe(parsed.error));
  return { kind, body: parsed.data } as Report;
}

/** An empty request counts as `{}`; progress may be a bare number or the text `45%`. */
function readBody(kind: ReportKind, text: string): { value: unknown } | undefined {
  if (kind === "request" && text.trim() === "") return { value: {} };
  const bare = kind === "progress" && /^\s*"?(-?\d{1,15}(?:\.\d{1,15})?)\s*%"?\s*$/.exec(text);
  if (bare) return { value: { percent: Number(bare[1]) } };
  const json = parseJson(text);
  if (!json) return undefined;
  const { value } = json;
  if (kind === "progress" && typeof value === "number") {
    return { value: { percent: finite(value) } };
  }
  return { value: isRecord(value) ? mapValues(value, finite) : value };
}

/** JSON's `1e999` is infinite: it stays a number, to be found out of range where that is judged. */
function finite(value: unknown): unknown {
  return typeof value === "number" && !Number.isFinite(value)
    ? Math.sign(value) * Number.MAX_VALUE
    : value;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function mapValues(record: Record<string, unknown>, map: (value: unknown) => unknown): object {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value)]));
}

/** Free text is for people; what is too long for the record is cut, not refused. */
function shorten(text: string): string {
  return [...text].slice(0, REASON_CHARACTERS_MAX).join("");
}

function malformed(reason: string): MalformedReport {
  return { code: "malformed", reason };
}

/** One sentence of the first thing that is wrong: short enough for a device's log. */
function describe(error: z.ZodError): string {
  const issue = error.issues[0];
  const path = issue?.path.join(".") || "the payload";
  return `${path}: ${issue?.message ?? "is not valid"}`.slice(0, 200);
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
