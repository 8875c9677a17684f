/** From the bytes of a device's JSON payload to a body that fits its schema, or to why it does not. */
import type { z } from "zod";
import { decodeText, parseJson } from "./json.ts";
import { PAYLOAD_BYTES_MAX } from "./limits.ts";
import { wordsOf } from "./words.ts";

/** Why a report was refused before anybody looked at the device's state. */
export interface MalformedReport {
  /** A code of PROTOCOL §1. */
  readonly code: "malformed" | "too_large" | "not_allowed";
  /** A sentence for the developer of the device. */
  readonly reason: string;
}

/** What a schema made of a payload. */
export interface ParsedBody<T> {
  /** As the schema has it. */
  readonly data: T;
}

/**
 * Parses a payload; `read` makes a value of its text, or `undefined`. Never throws.
 *
 * @internal it takes a schema of the schema library
 */
export function parseBody<T>(
  schema: z.ZodType<T>,
  bytes: Uint8Array,
  read: (text: string) => { readonly value: unknown } | undefined = readJson,
): ParsedBody<T> | MalformedReport {
  if (bytes.length > PAYLOAD_BYTES_MAX) {
    return { code: "too_large", reason: `The payload is over ${PAYLOAD_BYTES_MAX} bytes.` };
  }
  const text = decodeText(bytes);
  if (text === undefined) return malformed("The payload is not UTF-8. Send UTF-8.");
  const json = read(text);
  if (!json) return malformed("The payload is not acceptable JSON. Send a JSON object.");
  const parsed = schema.safeParse(json.value, { error: wordsOf });
  return parsed.success ? { data: parsed.data } : malformed(describe(parsed.error));
}

/** The JSON value of a text, with finite numbers. */
export function readJson(text: string): { readonly value: unknown } | undefined {
  const json = parseJson(text);
  if (!json) return undefined;
  const { value } = json;
  return { value: isRecord(value) ? mapValues(value, finite) : finite(value) };
}

/** A payload that is not what it should be. */
export function malformed(reason: string): MalformedReport {
  return { code: "malformed", reason };
}

/** One sentence of the first thing that is wrong: short enough for a device's log. */
function describe(error: z.ZodError): string {
  const issue = error.issues[0];
  const path = issue?.path.join(".") || "the payload";
  return `${path}: ${issue?.message ?? "is not valid"}`.slice(0, 200);
}

/** JSON's `1e999` is infinite: it stays a number, to be found out of range where that is judged. */
function finite(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(finite);
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
