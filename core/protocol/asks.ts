/**
 * What a device may ask for over MQTT besides reporting: bytes of its task's image, and the digests of
 * chunks (PROTOCOL §1). Whether there is as much is judged where the task is known.
 */
import { z } from "zod";
import { parseBody, readJson } from "./body.ts";
import type { MalformedReport } from "./body.ts";
import { taskId } from "./ids.ts";
import { PARTS_MAX } from "./limits.ts";

const part = z.tuple([z.number(), z.number()]);

/**
 * `/ota/{device}/chunk/request`: one part of the image, or several; offset and length in bytes.
 *
 * @internal its type is inferred from a schema
 */
export const chunkRequest = z.object({
  task_id: taskId.optional(),
  offset: z.number().optional(),
  length: z.number().optional(),
  parts: z.array(part).min(1).optional(),
}).refine(
  ({ offset, length, parts }) =>
    parts
      ? offset === undefined && length === undefined
      : offset !== undefined && length !== undefined,
  "must have either offset and length, or parts",
);

/**
 * `/ota/{device}/chunks/request`: the digests of so many chunks, from that one on.
 *
 * @internal its type is inferred from a schema
 */
export const chunksRequest = z.object({
  task_id: taskId.optional(),
  from: z.number(),
  count: z.number(),
});

/**
 * The asks by the last levels of their topic.
 *
 * @internal its type is inferred from a schema
 */
export const askSchemas = {
  "chunk/request": chunkRequest,
  "chunks/request": chunksRequest,
} as const;

/** The name of an ask: the last levels of its topic. */
export type AskKind = keyof typeof askSchemas;

/**
 * A checked ask, tagged with its kind.
 *
 * @internal its type is inferred from a schema
 */
export type Ask =
  | { readonly kind: "chunk/request"; readonly body: z.infer<typeof chunkRequest> }
  | { readonly kind: "chunks/request"; readonly body: z.infer<typeof chunksRequest> };

/** Whether the words name an ask that a device may publish. */
export function isAskKind(words: string): words is AskKind {
  return Object.hasOwn(askSchemas, words);
}

/** Parses the payload of an ask. Never throws; what is wrong with it comes back as data. */
export function parseAsk(kind: AskKind, bytes: Uint8Array): Ask | MalformedReport {
  const body = parseBody<unknown>(askSchemas[kind], bytes, readAsk);
  return "code" in body ? body : { kind, body: body.data } as Ask;
}

/** Of more parts than anybody may name only so many are looked at as show that: a schema takes its time. */
function readAsk(text: string): { readonly value: unknown } | undefined {
  const json = readJson(text);
  const { parts } = Object(json?.value);
  return Array.isArray(parts) && parts.length > PARTS_MAX
    ? { value: { ...json!.value as object, parts: parts.slice(0, PARTS_MAX + 1) } }
    : json;
}

/** The bytes [start, end) of an image. */
export interface Part {
  /** The first one. */
  readonly start: number;
  /** The one behind the last. */
  readonly end: number;
}
