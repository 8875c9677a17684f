/** The bytes of an image as a response of the application. */
import { ENDED_FETCH_MS } from "../../../core/mod.ts";
import type { Image } from "../../../core/engine/mod.ts";
import { Refused } from "../problems.ts";
import type { Call, Caller, Content, HttpDeps, Route } from "../route.ts";
import { announce, DeviceDownload } from "./device_download.ts";
import { imageAnswer } from "./image_answer.ts";
import type { OwnFields } from "./image_answer.ts";
import { isForProxy, offloaded } from "./offload.ts";
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

/**
 * The image, or the part of it that was asked for; with `own` fields where the URL may name another one
 * tomorrow.
 */
export async function imageResponse(
  call: AnyCall,
  image: Image,
  own?: OwnFields,
): Promise<Response> {
  const header = (name: string) => call.request.headers.get(name) ?? undefined;
  const wantsMd5 = isFromEsp(call.request);
  const asked = {
    ifNoneMatch: header("if-none-match"),
    ifRange: header("if-range"),
    range: header("range"),
    isPlain: call.isHttp10 && wantsMd5,
    wantsMd5,
  };
  const dated = own ? image : await call.deps.uploads.dated(image);
  const answer = imageAnswer(dated, asked, own);
  const { status, start, end, fields } = answer;
  if (status === 304) return new Response(null, { status, headers: fields });
  if (status === 416) {
    const detail = `The image has ${image.size} bytes; the range begins after its end.`;
    throw new Refused(416, detail, {}, fields);
  }
  if (call.request.method === "HEAD") return new Response(null, { status, headers: fields });
  const download = await beginDownload(call, image, start, end);
  const { offload } = call.deps;
  if (!offload || !isForProxy(answer, asked, download)) {
    return new Response(bodyOf(call, image, start, end, download), { status, headers: fields });
  }
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
  headers: Record<string, string>,
): Promise<Response> {
  if (call.request.method === "HEAD") return new Response(null, { headers });
  const download = await beginDownload(call, image, start, end);
  return new Response(bodyOf(call, image, start, end, download), { headers });
}

function bodyOf(
  { deps: { images, limits }, wire }: AnyCall,
  image: Image,
  start: number,
  end: number,
  around: DeviceDownload | undefined,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  const body = servedBody(images.bytes(image, start, end), { around, limits, wire });
  return body as ReadableStream<Uint8Array<ArrayBuffer>>;
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
  const detail = `It is not your turn yet. Ask again in ${waitS} s.`;
  return new Refused(503, detail, {}, { "retry-after": String(waitS) });
}

function isFromEsp({ headers }: Request): boolean {
  return [...headers.keys()].some((name) => name.startsWith("x-esp"));
}
