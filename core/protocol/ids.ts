/**
 * What an id, a version and a digest look like. Everything that names something from outside passes
 * one of these schemas before it is used.
 */
import { z } from "zod";

/**
 * 1-64 of `A-Z a-z 0-9 . _ -`; not `.` or `..`, which no URL can name (RFC 3986 §5.2.4).
 *
 * @internal its type is inferred from a schema
 */
export const deviceId = z.string().regex(
  /^(?!\.{1,2}$)[A-Za-z0-9._-]{1,64}$/,
  'must be 1 to 64 of A-Z a-z 0-9 . _ -, not "." and not ".."',
);

/**
 * 1-64 of `A-Z a-z 0-9 . _ + -`, not `upgrade`, `.` or `..`, not ending in `.bin`.
 *
 * @internal its type is inferred from a schema
 */
export const versionName = z.string().regex(
  /^(?!upgrade$|\.{1,2}$)(?!.*\.bin$)[A-Za-z0-9._+-]{1,64}$/,
  'must be 1 to 64 of A-Z a-z 0-9 . _ + -, not "upgrade", "." or "..", and not ending in ".bin"',
);

/**
 * A product, hardware or tag: 1-64 characters that can be seen.
 *
 * @internal its type is inferred from a schema
 */
export const label = z.string().regex(
  /^(?! )[^\p{C}\p{Zl}\p{Zp}]{1,64}(?<! )$/u,
  "must be 1 to 64 characters without control characters or spaces around them",
);

/**
 * `sha256:` and 64 lowercase hexadecimal digits.
 *
 * @internal its type is inferred from a schema
 */
export const checksum = z.string().regex(
  /^sha256:[0-9a-f]{64}$/,
  'must be "sha256:" and 64 lowercase hexadecimal digits',
);

/**
 * 64 lowercase hexadecimal digits.
 *
 * @internal its type is inferred from a schema
 */
export const sha256Hex = z.string().regex(
  /^[0-9a-f]{64}$/,
  "must be 64 lowercase hexadecimal digits",
);

/**
 * A digest of the image that a device runs: `sha256:` and 64, or `md5:` and 32 lowercase hexadecimal
 * digits.
 *
 * @internal its type is inferred from a schema
 */
export const runningDigest = z.string().regex(
  /^(?:sha256:[0-9a-f]{64}|md5:[0-9a-f]{32})$/,
  'must be "sha256:" and 64, or "md5:" and 32 lowercase hexadecimal digits',
);

/**
 * `$6$salt$hash`: SHA-512 over a secret and 12 bytes of salt, salt and hash in base64, as password
 * files of MQTT brokers have it (mosquitto_passwd(1)).
 *
 * @internal its type is inferred from a schema
 */
export const saltedSha512 = z.string().regex(
  /^\$6\$[A-Za-z0-9+/]{16}\$[A-Za-z0-9+/]{86}==$/,
  'must be "$6$", 12 bytes of salt, "$" and 64 bytes of hash, both in base64',
);

/**
 * `OTA_20230801_001`: the UTC date, then a counter of that day.
 *
 * @internal its type is inferred from a schema
 */
export const taskId = z.string().regex(
  /^OTA_[0-9]{8}_[0-9]{3,9}$/,
  "must look like OTA_20230801_001",
);

/**
 * The id a device gives its report, to be known when repeated.
 *
 * @internal its type is inferred from a schema
 */
export const reportId = z.string().min(1).max(64);

/** Builds the digest notation used everywhere outside: `sha256:` and the hexadecimal digits. */
export function toChecksum(hex: string): string {
  return `sha256:${hex}`;
}

/** The hexadecimal digits of a digest. */
export function toHex(checksum: string): string {
  return checksum.slice("sha256:".length);
}
