/**
 * The alphabet of the log: every fact, past tense, named for what came in. A fact holds what was
 * said, never what was decided on it. Integers only; durations end in `_ms`.
 */
import { z } from "zod";
import type { Personal } from "./personal.ts";
import {
  checksum,
  completion,
  DEVICE_STATUSES,
  deviceId,
  label,
  priority,
  runningDigest,
  saltedSha512,
  sha256Hex,
  transport,
  versionName,
} from "../protocol/mod.ts";

const count = z.int().min(0);
const ms = z.int().min(0);
/** How a report is known when it comes again; `packet` names the packet of a transport that repeats. */
const repeatable = { id: z.string().optional(), packet: z.string().optional() };
const report = { ...repeatable, attempt: count.optional() };

/**
 * What was given out for the attempt so far, when the phase changes: answers with bytes of the image,
 * the bytes in them, those among them that had been given out before (`repeated`), those among these
 * that had been in earlier attempts, but not in this one (`anew`), answers that were cut or had to be
 * cut since nothing was taken, and the milliseconds in which they were given.
 *
 * @internal its type is inferred from a schema
 */
export const transferSoFar = z.strictObject({
  first_at: z.int(),
  last_at: z.int(),
  bytes: count,
  requests: count,
  repeated: count,
  anew: count.min(1).optional(),
  cuts: count,
  stalls: count,
  ms,
});
/**
 * What was given out for an attempt so far.
 *
 * @internal its type is inferred from a schema
 */
export type TransferSoFar = z.infer<typeof transferSoFar>;
/** The hash of the text that has what is personal: it stands beside the data, where it can be erased. */
const withPersonal = { personal: checksum.optional() };
const phase = { transfer: transferSoFar.optional() };

/** A text that a file has, as long as there is room for it. */
const fileText = label.max(32);

/**
 * What the file of an image says of itself: its project and version, the chip that it is for, the
 * version that a device refuses to go below, and the SHA-256 by which it calls itself when it runs.
 *
 * @internal its type is inferred from a schema
 */
export const imageHeader = z.strictObject({
  format: z.enum(["esp", "mcuboot"]),
  project: fileText.optional(),
  version: fileText.optional(),
  secure_version: z.int().min(0).max(0xffff_ffff).optional(),
  chip: fileText.optional(),
  digest: sha256Hex.optional(),
});
/**
 * What the file of an image says of itself.
 *
 * @internal its type is inferred from a schema
 */
export type ImageHeader = z.infer<typeof imageHeader>;

/**
 * What was known of one transport of a device: round trip and goodput, trust from 0 to 1,000, and the
 * instants (ms since 1970, 0: never) that tell how old that is.
 *
 * @internal its type is inferred from a schema
 */
export const measuredQuality = z.strictObject({
  rtt_ms: ms.optional(),
  bytes_per_s: count.optional(),
  steady_bytes_per_s: count.optional(),
  trust: count,
  stalled_ms: ms,
  observed_at: ms,
  measured_at: ms,
  rose_at: ms,
  cut_at: ms,
});

/**
 * Limits of a task by state, in milliseconds, all of them: the policy is frozen, not looked up.
 *
 * @internal its type is inferred from a schema
 */
export const limitsMs = z.strictObject({
  offered: ms,
  downloading: ms,
  downloading_total: ms,
  retrying: ms,
  verifying: ms,
  paused: ms,
  awaiting_install: ms,
  installing: ms,
  rebooting: ms,
  confirming: ms,
});

/**
 * The data of each fact of a device's stream.
 *
 * @internal its type is inferred from a schema
 */
export const deviceFacts = {
  /** An operator made the device known. */
  DeviceRegistered: z.strictObject({
    device_id: deviceId,
    product: label.optional(),
    hardware: label.optional(),
    ...withPersonal,
  }),
  /**
   * A token was made; those before it end after `overlap_ms`. Only digests of it are kept: one by
   * which the engine finds the device, and a salted one that an external broker checks it with.
   */
  TokenIssued: z.strictObject({
    token_sha256: sha256Hex,
    token_sha512: saltedSha512,
    overlap_ms: ms,
  }),
  /** An operator revoked the device. */
  DeviceRevoked: z.strictObject(phase),
  /** An upgrade was queued; everything that decides about the task later is in here. */
  TaskQueued: z.strictObject({
    /** Of the report of the device that asked for it. */
    ...repeatable,
    lifecycle_version: z.int(),
    number: z.int(),
    image: checksum,
    size: count,
    version: versionName,
    product: label.optional(),
    chunk_bytes: z.int(),
    priority,
    completion,
    retries: count,
    limits_ms: limitsMs,
    expires_in_ms: ms,
    allow_downgrade: z.boolean(),
    /** What a device that runs the image may know it by, besides its SHA-256. */
    known_by: z.array(runningDigest).optional(),
    /**
     * The completion was left open, and nobody knew how the device reports. If it only fetches when the
     * task has its turn, it is `seen`, with this limit.
     */
    or_seen: z.strictObject({ confirming_ms: ms }).optional(),
    /** What the device that asked for it has stored already. */
    resume_from: count.optional(),
  }),
  /** The device asked whether there is something for it, and said what it is. */
  UpdateRequested: z.strictObject({
    ...repeatable,
    ...phase,
    version: versionName.optional(),
    transport: transport.optional(),
    current_version: versionName.optional(),
    /** The digest of what it runs, as it computed it itself. */
    running: runningDigest.optional(),
    /** The version whose image that is, where the device named none. */
    runs: versionName.optional(),
    /** It asked as clients do that fetch images and can report nothing else. */
    fetch_only: z.literal(true).optional(),
    product: label.optional(),
    hardware: label.optional(),
    chunk_bytes: z.int().optional(),
    resume_from: count.optional(),
  }),
  /**
   * The device asked for the first byte of an attempt, or goes on asking and says nothing else.
   * `given_at`: when it had taken the last byte of an answer that may still be under way.
   */
  ArtifactRequested: z.strictObject({ from: count, given_at: z.int().optional() }),
  /** The device says how much it has stored without a gap. */
  ProgressReported: z.strictObject({ ...report, ...phase, received: count }),
  /** The device found chunks that do not match their digests; `checksum` is of all it stored. */
  ChunkFailed: z.strictObject({ ...report, ...phase, checksum, bad_chunks: z.array(count).min(1) }),
  /** The digest the device computed over what it stored: its claim, compared by the machine. */
  DigestReported: z.strictObject({ ...report, ...phase, checksum }),
  /** The device says what it does with the image. */
  StatusReported: z.strictObject({
    ...report,
    ...phase,
    status: z.enum(DEVICE_STATUSES),
    version: versionName.optional(),
    delay_ms: ms.optional(),
    ...withPersonal,
  }),
  /** An operator wants the task to end. */
  CancelRequested: z.strictObject(phase),
  /** A limit passed while the engine was reachable; `due` is the instant (ms since 1970). */
  DeadlinePassed: z.strictObject({ ...phase, state: z.string(), due: z.int() }),
  /** The device has the message. */
  MessageDelivered: z.strictObject({ kind: z.string(), attempt: count }),
  /** The device began to listen, or is gone. */
  ContactChanged: z.strictObject({ ...phase, contact: z.enum(["listening", "gone"]) }),
  /**
   * What was observed of the ways to a device that fetches speaks for another one, or for chunks of another
   * size. `listening`: it hears messages of the broker.
   */
  NetworkMeasured: z.strictObject({
    http: measuredQuality,
    mqtt: measuredQuality,
    listening: z.boolean(),
  }),
  /** A report was refused; `left_out` were refused since the last one on record. */
  ReportRejected: z.strictObject({ code: z.string(), report: z.string(), left_out: count }),
  /**
   * An operator had the personal texts of all rows of the stream up to that version taken out: of so many
   * that still had one.
   */
  DataErased: z.strictObject({ rows: z.int().min(1), through: z.int().min(1) }),
} as const;

/**
 * The data of each fact of an image's stream.
 *
 * @internal its type is inferred from a schema
 */
export const imageFacts = {
  /** The bytes are stored, synced and hash to the stream's name. */
  ImageUploaded: z.strictObject({
    image: checksum,
    size: count,
    sha1: z.string(),
    md5: z.string(),
    header: imageHeader.optional(),
  }),
  /**
   * A version of a product got a name; immutable from then on. `header_ignored`: the operator wanted
   * it whatever the image's own header says.
   */
  ReleaseNamed: z.strictObject({
    product: label.optional(),
    version: versionName,
    header_ignored: z.literal(true).optional(),
    artifacts: z.array(z.strictObject({ name: z.string(), size: count, sha256: sha256Hex })).length(
      1,
    ),
  }),
} as const;

/**
 * The data of each fact of the engine's own stream.
 *
 * @internal its type is inferred from a schema
 */
export const engineFacts = {
  /** The first row of every log: which log this is and the key that speaks for it. */
  LogCreated: z.strictObject({ log_id: z.string(), public_key: z.string() }),
  /** The log goes on from a backup of so many rows: whatever was recorded behind these is lost. */
  LogRestored: z.strictObject({ rows: count.min(1) }),
  /** An engine took the lease and decides from here on; `version`: which otalog, if it said so. */
  EngineStarted: z.strictObject({ epoch: count, version: versionName.optional() }),
  /** It stopped in good order. */
  EngineStopped: z.strictObject({}),
  /** The wall clock stepped by `by_ms` against the monotonic one; engine time follows forward only. */
  ClockStepped: z.strictObject({ by_ms: z.int() }),
} as const;

/**
 * Every fact's schema by its type.
 *
 * @internal its type is inferred from a schema
 */
export const factSchemas = { ...deviceFacts, ...imageFacts, ...engineFacts } as const;

/** The name of a fact. */
export type FactType = keyof typeof factSchemas;

/**
 * The data of the fact of a type.
 *
 * @internal its type is inferred from a schema
 */
export type FactData<T extends FactType> = z.infer<(typeof factSchemas)[T]>;

/** A fact of one type, stamped by the engine. */
export interface FactOf<T extends FactType> {
  /** The name of the fact. */
  readonly type: T;
  /** Engine time, milliseconds since 1970. */
  readonly at: number;
  /** `operator:{label}`, `device:{id}` or `engine`. */
  readonly actor: string;
  /** The task the fact is about, if any. */
  readonly task?: string;
  /** What was said. */
  readonly data: FactData<T>;
  /** What of that is personal. No decision reads it, so that a row that lost it replays as it was. */
  readonly personal?: Personal;
}

/** Any fact. */
export type Fact = { [T in FactType]: FactOf<T> }[FactType];
/** Any fact of a device's stream. */
export type DeviceFact = { [T in keyof typeof deviceFacts]: FactOf<T> }[keyof typeof deviceFacts];

/** The fact with what was given out so far, if it is one that can bear it. */
export function bearing<F extends DeviceFact>(fact: F, transfer: TransferSoFar): F {
  return Object.hasOwn(deviceFacts[fact.type].shape, "transfer")
    ? { ...fact, data: { ...fact.data, transfer } }
    : fact;
}

/** Version of every fact's shape (`v` in the row). */
export const FACT_VERSION = 1;

/** The stream of a device. */
export function deviceStream(device: string): string {
  return `device/${device}`;
}

/** The stream of an image, by the hexadecimal digits of its SHA-256. */
export function imageStream(sha256: string): string {
  return `image/${sha256}`;
}

/** The engine's own stream. */
export const ENGINE_STREAM = "engine";
