/** The bytes of an image as a response: everything, one range, or nothing new (RFC 9110). */
import { answerRange, ENDED_FETCH_MS, namesTag, rangeHolds } from "../../core/mod.ts";
import type { Image } from "../../core/engine/mod.ts";
import { Meter } from "./meter.ts";
import { Refused } from "./problems.ts";
import type { Call, Content, Route } from "./route.ts";
import { servedBody } from "./served_body.ts";
import type { ServedBodyOptions, ServedEnd } from "./served_body.ts";

type AnyCall = Call<unknown, unknown, unknown>;

/** The bytes of an image in the document. */
export const imageContent: Content = { type: "application/octet-stream" };

/** What {@link imageResponse} answers, for the document. */
export const imageResponses = {
  200: { description: "The image.", content: [imageContent] },
  206: { description: "The range that was asked for.", content: [imageContent] },
  304: { description: "The one that was named in If-None-Match." },
  404: { description: "There is none, or not for this device." },
  416: { description: "The range begins after the end." },
} as const satisfies Route["responses"];

/** For a year, by the device alone, and never changed on the way. */
const CACHE = "private, max-age=31536000, immutable, no-transform";

/** Whether the caller may have the bytes of the image. */
export async function mayFetch({ deps, caller }: AnyCall, sha256: string): Promise<boolean> {
  if (caller.kind === "operator") return true;
  if (caller.kind === "nobody") return false;
  const since = deps.engine.now() - ENDED_FETCH_MS;
  return deps.openArtifacts || await deps.reads.mayFetch(caller.id, sha256, since);
}

/**
 * The image, or the part of it that was asked for. `own` are the fields of a URL that may name another
 * image tomorrow; without them it names this one for ever.
 */
export async function imageResponse(
  call: AnyCall,
  image: Image,
  own?: Readonly<Record<string, string>>,
): Promise<Response> {
  const { request } = call;
  const header = (name: string) => request.headers.get(name) ?? undefined;
  const etag = `"sha256-${image.sha256}"`;
  const headers = new Headers({
    etag,
    "accept-ranges": "bytes",
    ...own ?? await immutable(call, image),
  });
  if (namesTag(header("if-none-match"), etag)) return new Response(null, { status: 304, headers });
  const isEsp = [...request.headers.keys()].some((name) => name.startsWith("x-esp"));
  // These clients know 200 and 304 only, and check the body by its MD5.
  const plain = call.isHttp10 && isEsp;
  if (isEsp) headers.set("x-md5", image.md5);
  const asked = plain || !rangeHolds(header("if-range"), etag) ? undefined : header("range");
  const answer = answerRange(asked, image.size);
  if (answer.status === 416) throw rangeRefused(image.size);
  const [start, end] = answer.status === 206 ? [answer.start, answer.end] : [0, image.size];
  if (answer.status === 206) {
    headers.set("content-range", `bytes ${start}-${end - 1}/${image.size}`);
  } else if (!own) {
    // RFC 9530 §3. In the head of a part there is no room for the digest of the whole: 512 bytes.
    headers.set("repr-digest", reprDigest(image.sha256));
  }
  return await bytesResponse(call, image, start, end, answer.status, headers);
}

/** What holds of a URL that names the bytes themselves. */
async function immutable({ deps }: AnyCall, image: Image): Promise<Record<string, string>> {
  const uploaded = await deps.uploads.of(image.sha256);
  return { "cache-control": CACHE, ...(uploaded && { "last-modified": uploaded }) };
}

/** A SHA-256 in hexadecimal digits as RFC 9530 §2 has it. */
export function reprDigest(sha256: string): string {
  return `sha-256=:${Buffer.from(sha256, "hex").toString("base64")}:`;
}

/** The bytes [start, end), after the engine has heard of it. */
export async function bytesResponse(
  call: AnyCall,
  image: Image,
  start: number,
  end: number,
  status: number,
  headers: Headers,
): Promise<Response> {
  const { deps, caller, request } = call;
  headers.set("content-type", "application/octet-stream");
  // Without it the body would be chunked, which many devices cannot read.
  headers.set("content-length", String(end - start));
  if (request.method === "HEAD") return new Response(null, { status, headers });
  const around = caller.kind === "device"
    ? await announce(call, caller.id, image.sha256, start)
    : {};
  const source = deps.images.read(image.sha256, start, end);
  const { stalledMs, slowestBytesPerS } = deps.limits;
  const limits = { stalledMs, slowestBytesPerS };
  const body = servedBody(source, { ...around, ...limits, wire: call.wire });
  return new Response(body as ReadableStream<Uint8Array<ArrayBuffer>>, { status, headers });
}

/**
 * Tells the engine of a device's download and ties the two together: bytes that are taken are
 * contact, and a device that is revoked takes no more.
 *
 * @throws {Refused} 403 when the device may not; 503 when it has begun too many others meanwhile.
 */
async function announce(
  { deps: { engine, downloads, limits, onServed }, wire }: AnyCall,
  device: string,
  sha256: string,
  from: number,
): Promise<Pick<ServedBodyOptions, "signal" | "onTaken" | "onGiven" | "onEnd">> {
  const onTaken = atMostEvery(limits.heardEveryMs, engine, () => engine.heard(device));
  onTaken();
  // Begun before the engine is asked: a revocation beside it must not miss this download.
  const { signal, end } = downloads.begin(device);
  const range = new Meter(from, wire?.connection ?? 0, () => engine.now());
  const answer = await engine.submit({ kind: "artifact", device, sha256, range });
  // A log that cannot be written, or is behind, keeps no bytes from a device that may have them.
  const refused = !answer.ok && answer.problem.status === 403
    ? new Refused(403, answer.problem.detail)
    : signal.reason;
  if (refused) {
    range.end("cut");
    end();
    throw refused;
  }
  const onEnd = (how: ServedEnd) => {
    range.end(how);
    end();
  };
  const onGiven = (bytes: number) => {
    range.given(bytes);
    onServed(bytes);
  };
  return { signal, onTaken, onGiven, onEnd };
}

function atMostEvery(ms: number, engine: { now(): number }, call: () => void): () => void {
  let last = -Infinity;
  return () => {
    const now = engine.now();
    if (now - last < ms) return;
    last = now;
    call();
  };
}

/** 416 says how long the image is (RFC 9110 §15.5.17). */
function rangeRefused(size: number): Refused {
  const headers = { "content-range": `bytes */${size}` };
  const detail = `The image has ${size} bytes; the range begins after its end.`;
  return new Refused(416, detail, {}, headers);
}
