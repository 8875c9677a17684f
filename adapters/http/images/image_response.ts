/** The bytes of an image as a response of the application. */
import { ENDED_FETCH_MS } from "../../../core/mod.ts";
import type { Image } from "../../../core/engine/mod.ts";
import { Refused } from "../problems.ts";
import type { Call, Caller, Content, HttpDeps, Route } from "../route.ts";
import { announce, DeviceDownload } from "./device_download.ts";
import { imageAnswer } from "./image_answer.ts";
import { offloaded } from "./offload.ts";
import { servedBody } from "../served_body.ts";

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

/** Whether the caller may have the bytes of the image. */
export async function mayFetch(
  { deps, caller }: { deps: HttpDeps; caller: Caller },
  sha256: string,
): Promise<boolean> {
  if (caller.kind === "operator") return true;
  if (caller.kind === "nobody") return false;
  const since = deps.engine.now() - ENDED_FETCH_MS;
  return deps.openArtifacts || await deps.reads.mayFetch(caller.id, sha256, since);
}

/** The image, or the part of it that was asked for. */
export async function imageResponse(call: AnyCall, image: Image): Promise<Response> {
  const header = (name: string) => call.request.headers.get(name) ?? undefined;
  const answer = imageAnswer(image, {
    ifNoneMatch: header("if-none-match"),
    ifRange: header("if-range"),
    range: header("range"),
    isPlain: call.isHttp10 && isFromEsp(call.request),
  });
  const { status, start, end, fields } = answer;
  if (status === 304) return new Response(null, { status, headers: fields });
  if (status === 416) {
    const detail = `The image has ${image.size} bytes; the range begins after its end.`;
    throw new Refused(416, detail, {}, fields);
  }
  const { offload } = call.deps;
  // A proxy would send the range that such a client must not get.
  const isOurs = !offload || call.request.method === "HEAD" || header("range") && status === 200;
  if (isOurs) return await bytesResponse(call, image, start, end, status, fields);
  const download = await beginDownload(call, image, start, end);
  download?.given(end - start);
  download?.end("complete");
  return new Response(null, { headers: offloaded(offload, image, answer) });
}

/** The bytes [start, end), after the engine has heard of it. */
export async function bytesResponse(
  call: AnyCall,
  image: Image,
  start: number,
  end: number,
  status: number,
  headers: Record<string, string>,
): Promise<Response> {
  const { deps, request, wire } = call;
  if (request.method === "HEAD") return new Response(null, { status, headers });
  const around = await beginDownload(call, image, start, end);
  const source = deps.images.bytes(image, start, end);
  const body = servedBody(source, { around, limits: deps.limits, wire });
  return new Response(body as ReadableStream<Uint8Array<ArrayBuffer>>, { status, headers });
}

/**
 * A device begins a download, and the engine knows of it.
 *
 * @throws {Refused} 503 when it is not the device's turn, 403 when it may not.
 */
async function beginDownload(
  { deps, caller, wire }: AnyCall,
  image: Image,
  start: number,
  end: number,
): Promise<DeviceDownload | undefined> {
  if (caller.kind !== "device") return undefined;
  const taker = { device: caller.id, heardAt: -Infinity };
  const download = DeviceDownload.begin(deps, taker, image, { start, end }, wire?.connection ?? 0);
  if (typeof download === "number") throw sentAway(deps, download);
  await announce(deps, download, caller.id, image.sha256);
  return download;
}

function sentAway({ onSentAway }: HttpDeps, waitS: number): Refused {
  onSentAway();
  const detail = `Others are served first. Ask again in ${waitS} s: then it is your turn.`;
  return new Refused(503, detail, {}, { "retry-after": String(waitS) });
}

function isFromEsp({ headers }: Request): boolean {
  return [...headers.keys()].some((name) => name.startsWith("x-esp"));
}
