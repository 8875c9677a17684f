/**
 * What an operator may ask for over HTTP (PROTOCOL §3): one schema for checking, types and
 * documentation. Unknown members are refused, so that a misspelt option is never ignored.
 */
import { z } from "zod";
import { checksum, deviceId, label, versionName } from "./ids.ts";
import { DURATION_S_MAX, RETRIES_MAX, TOKEN_OVERLAP_S_MAX } from "./limits.ts";

const seconds = z.int().min(1).max(DURATION_S_MAX);

/**
 * `POST /devices`
 *
 * @internal its type is inferred from a schema
 */
export const registerDevice = z.strictObject({
  device_id: deviceId,
  product: label.optional(),
  hardware: label.optional(),
  tags: z.array(label).max(32).optional(),
});

/**
 * `POST /devices/{id}/token`
 *
 * @internal its type is inferred from a schema
 */
export const rotateToken = z.strictObject({
  overlap: z.int().min(0).max(TOKEN_OVERLAP_S_MAX).default(0),
});

/**
 * Limits by state, in seconds (DESIGN §2); `downloading` is the time without progress.
 *
 * @internal its type is inferred from a schema
 */
export const taskLimits = z.strictObject({
  offered: seconds.optional(),
  downloading: seconds.optional(),
  downloading_total: seconds.optional(),
  retrying: seconds.optional(),
  verifying: seconds.optional(),
  paused: seconds.optional(),
  awaiting_install: seconds.optional(),
  installing: seconds.optional(),
  rebooting: seconds.optional(),
  confirming: seconds.optional(),
});

/**
 * Which tasks go first; within one class, first come first served.
 *
 * @internal its type is inferred from a schema
 */
export const priority = z.enum(["security", "normal", "low"]);

/**
 * The evidence that success needs. `seen` is for clients that cannot report: a later check that says by
 * version or digest that the image runs.
 *
 * @internal its type is inferred from a schema
 */
export const completion = z.enum(["verified", "booted", "reported", "seen"]);

/**
 * `POST /firmware/upgrade`. Without a `completion` it is `seen` for a device that only fetches, also
 * if its first check shows that later, and `verified` for all others.
 *
 * @internal its type is inferred from a schema
 */
export const requestUpgrade = z.strictObject({
  device_id: deviceId,
  firmware_version: versionName,
  checksum,
  chunk_size: z.int().min(1).max(16_384).default(512),
  priority: priority.default("normal"),
  completion: completion.optional(),
  retries: z.int().min(0).max(RETRIES_MAX).default(3),
  limits: taskLimits.default({}),
  expires_in: seconds.default(2_592_000),
  allow_downgrade: z.boolean().default(false),
});

/**
 * A priority class.
 *
 * @internal its type is inferred from a schema
 */
export type Priority = z.infer<typeof priority>;
/**
 * The evidence that success needs.
 *
 * @internal its type is inferred from a schema
 */
export type Completion = z.infer<typeof completion>;
/**
 * The body of `POST /firmware/upgrade`, checked and with its defaults.
 *
 * @internal its type is inferred from a schema
 */
export type RequestUpgrade = z.infer<typeof requestUpgrade>;
/**
 * The body of `POST /devices`, checked.
 *
 * @internal its type is inferred from a schema
 */
export type RegisterDevice = z.infer<typeof registerDevice>;
