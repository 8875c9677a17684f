/** Request bodies, bounded in size and time before they are held. */
import { decodeText, parseJson, PAYLOAD_BYTES_MAX } from "../../core/mod.ts";
import type { HttpLimits } from "./limits.ts";
import { Refused } from "./problems.ts";

type Limits = Pick<HttpLimits, "bodyPieceMs" | "bodyMs">;

/**
 * The whole body.
 *
 * @throws {Refused} 413 when it has more than {@link PAYLOAD_BYTES_MAX} bytes, 408 when it is late,
 * 400 when it is cut.
 */
export async function readBytes(request: Request, limits: Limits): Promise<Uint8Array> {
  if (Number(request.headers.get("content-length") ?? 0) > PAYLOAD_BYTES_MAX) throw tooLarge();
  const reader = request.body?.getReader();
  if (!reader) return new Uint8Array();
  try {
    return await readAll(reader, limits);
  } catch (error) {
    // Not awaited: a peer that stalls would keep us waiting here, too.
    void reader.cancel().catch(() => {});
    throw error;
  }
}

async function readAll(
  reader: ReadableStreamDefaultReader<Uint8Array>,
  { bodyPieceMs, bodyMs }: Limits,
): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let size = 0;
  const until = performance.now() + bodyMs;
  for (;;) {
    const waitMs = Math.min(bodyPieceMs, until - performance.now());
    const { done, value } = await inTime(reader.read().catch(cut), waitMs);
    if (done) return Buffer.concat(parts);
    size += value.length;
    if (size > PAYLOAD_BYTES_MAX) throw tooLarge();
    parts.push(value);
  }
}

async function inTime<T>(wanted: Promise<T>, ms: number): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(late()), Math.max(ms, 0));
  return await Promise.race([wanted, promise]).finally(() => clearTimeout(timer));
}

function tooLarge(): Refused {
  return new Refused(413, `The body is over ${PAYLOAD_BYTES_MAX} bytes. Send less.`);
}

/** The connection ends with the answer: what may still come of the body belongs to nothing. */
function late(): Refused {
  const detail = "The body did not arrive in time. Send it again, without a pause.";
  return new Refused(408, detail, {}, { connection: "close" });
}

function cut(): never {
  throw new Refused(400, "The body was cut before its end. Send it again.");
}

/** The body as JSON; an empty one is `{}`. @throws {Refused} 400 when it is malformed. */
export async function readJson(request: Request, limits: Limits): Promise<unknown> {
  const text = decodeText(await readBytes(request, limits));
  if (text === "") return {};
  const json = text === undefined ? undefined : parseJson(text);
  if (!json) throw new Refused(400, "The body is not acceptable JSON. Send a JSON object.");
  return json.value;
}
