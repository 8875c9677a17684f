/**
 * What the routes answer, for the document at `/openapi.json`: the forms of `core/engine/views.ts`.
 * Tests hold real answers against them.
 */
import { z } from "zod";
import {
  checksum,
  completion,
  deviceId,
  priority,
  recommendationReasons,
  taskId,
  taskStates,
  transport,
} from "../../core/mod.ts";

/** Answers by the name they have in the document. */
export const answerNames = z.registry<{ id: string }>();

function named<S extends z.ZodType>(id: string, schema: S): S {
  answerNames.add(schema, { id });
  return schema;
}

const time = z.iso.datetime();
const count = z.int().min(0);
const version = z.string();

/** Problem details (RFC 9457). */
export const problemAnswer = named(
  "Problem",
  z.object({
    status: z.int(),
    title: z.string(),
    detail: z.string(),
    task_id: taskId.optional(),
    errors: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
  }),
);

/** The answer of `/healthz` and `/readyz`. */
export const statusAnswer = named("Status", z.object({ status: z.string() }));

/** How a device had better fetch, once something was measured that speaks for it. */
const networkAnswer = z.object({
  transport,
  chunk_bytes: count,
  chunks_in_flight: count,
  heartbeat_seconds: count,
  reason: z.enum(recommendationReasons),
  since: time,
});

/** A device's token, shown this once. */
export const tokenAnswer = named("Token", z.object({ device_id: deviceId, token: z.string() }));

/** What came of an erasure. */
export const erasedAnswer = named(
  "Erased",
  z.object({
    device_id: deviceId,
    erased: count.describe("How many rows lost personal data now; 0: there was nothing left."),
    pending: z.boolean().describe(
      "A file of the log may still have what was erased, of any device, as another process reads it. " +
        "It is overwritten some seconds after the end of that: ask again.",
    ),
  }),
);

/** A device. */
export const deviceAnswer = named(
  "Device",
  z.object({
    device_id: deviceId,
    product: z.string().optional(),
    hardware: z.string().optional(),
    tags: z.array(z.string()),
    version: version.optional(),
    last_contact_at: time.optional(),
    active_task: taskId.optional(),
    network: networkAnswer.optional(),
    queue: z.array(taskId),
    revoked: z.boolean(),
    as_of: z.object({ seq: count, at: time }).optional(),
  }),
);

/** What the file of an image says of itself. */
const headerAnswer = named(
  "ImageHeader",
  z.object({
    format: z.enum(["esp", "mcuboot"]),
    project: z.string().optional(),
    version: version.optional(),
    secure_version: count.optional(),
    chip: z.string().optional(),
  }),
);

/** A version of a product; an upload is answered without `created_at`. */
export const firmwareAnswer = named(
  "Firmware",
  z.object({
    version,
    product: z.string().optional(),
    size: count,
    checksum,
    header: headerAnswer.optional(),
    header_ignored: z.literal(true).optional().describe(
      "It was uploaded with `?header=ignore`, whatever its header says.",
    ),
    created_at: time.optional(),
  }),
);

/** A task. */
export const taskAnswer = named(
  "Task",
  z.object({
    task_id: taskId,
    number: count,
    device_id: deviceId,
    version,
    product: z.string().optional(),
    checksum,
    state: z.enum(taskStates),
    reason: z.string().optional(),
    attempt: count,
    max_attempts: count,
    received: count.describe("Bytes that the device said it has stored."),
    fetched: count.describe("Bytes of the image that were given out so far, in all attempts."),
    size: count,
    priority,
    completion,
    deadline_at: time.optional(),
    created_at: time,
    updated_at: time,
    actor: z.string(),
  }),
);

/** An order that was taken. */
export const orderAnswer = named(
  "Order",
  z.object({ task_id: taskId, status: z.literal("queued") }),
);

/** A row of the log. */
export const rowAnswer = named(
  "Row",
  z.object({
    log: z.string(),
    seq: count,
    epoch: count,
    stream: z.string(),
    version: count,
    prev: checksum.nullable(),
    cause: count.nullable(),
    at: time,
    actor: z.string(),
    type: z.string(),
    v: count,
    task: taskId.optional(),
    data: z.looseObject({}),
    outcome: z.object({
      moves: z.array(z.object({
        task: taskId,
        from: z.enum(taskStates).nullable(),
        to: z.enum(taskStates),
        attempt: count,
        reason: z.string().optional(),
        fetched: count.optional(),
      })),
      effects: z.array(z.object({ type: z.string(), task: taskId.optional() })),
    }),
    hash: checksum,
  }),
);

/** A device's history for a person. */
export const explainAnswer = named(
  "Explanation",
  z.object({
    device_id: deviceId,
    version: version.optional(),
    current: z.object({
      reason: z.string(),
      text: z.string(),
      task_id: taskId.optional(),
      state: z.enum(taskStates).optional(),
    }),
    items: z.array(z.object({
      seq: count,
      at: time,
      actor: z.string(),
      task_id: taskId.optional(),
      from: z.string().optional(),
      to: z.string().optional(),
      attempt: count.optional(),
      reason: z.string(),
      text: z.string(),
    })),
    next: z.string().optional(),
  }),
);

/** Messages meant for the device now. */
export const messagesAnswer = named(
  "Messages",
  z.object({
    messages: z.array(
      z.object({ id: z.string(), topic: z.string(), payload: z.looseObject({}) }),
    ),
  }),
);

/** What was given out for a task. */
export const transferAnswer = named(
  "Transfer",
  z.object({
    task_id: taskId,
    size: count,
    fetched: count,
    attempts: z.array(z.object({
      attempt: count,
      first_request_at: time.optional(),
      last_request_at: time.optional(),
      bytes: count,
      requests: count,
      repeated: count,
      cuts: count,
      stalls: count,
      bad_chunks: count,
      ms: count,
    })),
  }),
);

/** What ESPHome reads of a manifest; `path` is relative to the manifest, or from the root. */
export const manifestAnswer = named(
  "Manifest",
  z.object({
    name: z.string(),
    version,
    builds: z.array(z.object({
      chipFamily: z.string(),
      ota: z.object({ path: z.string(), md5: z.string() }),
    })),
  }),
);

/** Digests of an image's chunks. */
export const chunksAnswer = named(
  "Chunks",
  z.object({ size: count, chunk_bytes: count, from: count, chunks: z.array(checksum) }),
);

/** A page of a list: `{ items, next? }`. */
function pageOf(id: string, item: z.ZodType, more: z.ZodRawShape = {}): z.ZodType {
  return named(id, z.object({ items: z.array(item), next: z.string().optional(), ...more }));
}

/** A page of devices. */
export const devicesAnswer = pageOf("Devices", deviceAnswer);
/** A page of releases. */
export const firmwaresAnswer = pageOf("Firmwares", firmwareAnswer);
/** A page of tasks. */
export const tasksAnswer = pageOf("Tasks", taskAnswer);
/** A page of a device's rows. */
export const rowsAnswer = pageOf("Rows", rowAnswer);
/** A page of the log; `last_seq` is where it ends. */
export const logAnswer = pageOf("Log", rowAnswer, { last_seq: count });
