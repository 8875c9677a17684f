/**
 * What a client that only fetches images says about itself: in header fields that it was built to send,
 * or in the query of the URL that it was given. A field that means nothing is overlooked, never refused:
 * such a client has nobody to tell.
 */
import { z } from "zod";
import { label, requestReport, runningDigest, versionName } from "../../../core/mod.ts";
import type { Report } from "../../../core/mod.ts";

/** The request that a client's words amount to. */
export type Asked = Extract<Report, { kind: "request" }>;

/** What the client is there for; `other`: something that no image of ours may be written over. */
export type Purpose = "image" | "version" | "other";

const said = z.string().optional();

/** The fields of ESP8266httpUpdate and its descendants; others that they send mean nothing here. */
export const espFields = z.object({
  "x-esp8266-mode": said,
  "x-esp8266-version": said,
  "x-esp8266-sketch-md5": said,
  "x-esp32-mode": said,
  "x-esp32-version": said,
  "x-esp32-sketch-md5": said,
  "x-esp32-sketch-sha256": said,
});

/** What the query of an update URL may say: whoever wrote the URL can be told what is wrong with it. */
export const ownWords = z.object({
  current_version: versionName.optional(),
  running: z.string().toLowerCase().pipe(runningDigest).optional(),
});

/** What Memfault's SDK says of its device. */
export const memfaultWords = z.object({
  hardware_version: said,
  software_type: said,
  current_version: said,
});

type EspFields = z.output<typeof espFields>;

/**
 * A check of a client that sends such fields, or none. They are its own words of this very moment, and
 * go before a URL that may have outlived an update.
 */
export function askedByUrl(fields: EspFields, words: z.output<typeof ownWords>): Asked {
  return asked({
    current_version: valid(
      versionName,
      fields["x-esp8266-version"] ?? fields["x-esp32-version"],
    ) ?? words.current_version,
    running: runningOf(fields) ?? words.running,
  });
}

/** A check of Memfault's SDK. */
export function askedByMemfault(words: z.output<typeof memfaultWords>): Asked {
  return asked({
    current_version: valid(versionName, words.current_version),
    product: valid(label, words.software_type),
    hardware: valid(label, words.hardware_version),
  });
}

/** An updater asks for a sketch, for the version alone, or for a file system. */
export function purposeOf(fields: EspFields): Purpose {
  const mode = fields["x-esp8266-mode"] ?? fields["x-esp32-mode"] ?? "sketch";
  if (mode === "sketch") return "image";
  return mode === "version" ? "version" : "other";
}

/**
 * The SHA-256 of an ESP32 is what stands at the end of its image and is checked there; its MD5 is that of
 * the file only where nothing was added behind the image, such as a signature.
 */
function runningOf(fields: EspFields): string | undefined {
  const sha256 = fields["x-esp32-sketch-sha256"];
  const md5 = fields["x-esp8266-sketch-md5"] ?? fields["x-esp32-sketch-md5"];
  return digest("sha256", sha256) ?? digest("md5", md5);
}

function digest(algorithm: string, hex: string | undefined): string | undefined {
  // An ESP32 writes its SHA-256 in capital letters.
  return hex === undefined ? undefined : valid(runningDigest, `${algorithm}:${hex.toLowerCase()}`);
}

function valid(schema: z.ZodType<string>, value: string | undefined): string | undefined {
  const parsed = schema.safeParse(value);
  return parsed.success ? parsed.data : undefined;
}

function asked(words: Readonly<Record<string, string | undefined>>): Asked {
  return { kind: "request", body: requestReport.parse(words) };
}
