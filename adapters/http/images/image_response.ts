/** The bytes of an image as a response of the application. */
import { ENDED_FETCH_MS } from "../../../core/mod.ts";
import type { Image } from "../../../core/engine/mod.ts";
import { Refused } from "../problems.ts";
import type { Call, Caller, Content, HttpDeps, Route } from "../route.ts";
import { announce, DeviceDownload } from "./device_download.ts";
import { imageAnswer } from "./image_answer.ts";
import { Meter } from "./meter.ts";
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
  const { status, start, end, fields } = imageAnswer(image, {
    ifNoneMatch: header("if-none-match"),
    ifRange: header("if-range"),
    range: header("range"),
    isPlain: call.isHttp10 && isFromEsp(call.request),
  });
  if (status === 304) return new Response(null, { status, headers: fields });
  if (status === 416) {
    const detail = `The image has ${image.size} bytes; the range begins after its end.`;
    throw new Refused(416, detail, {}, fields);
  }
  return await bytesResponse(call, image, start, end, status, fields);
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
  const { deps, caller, request, wire } = call;
  if (request.method === "HEAD") return new Response(null, { status, headers });
  let download: DeviceDownload | undefined;
  if (caller.kind === "device") {
    const taker = { device: caller.id, heardAt: -Infinity };
    const range = new Meter(start, wire?.connection ?? 0, deps.engine);
    download = new DeviceDownload(deps, taker, range);
    await announce(deps, download, caller.id, image.sha256);
  }
  const source = deps.images.bytes(image, start, end);
  const body = servedBody(source, { around: download, limits: deps.limits, wire });
  return new Response(body as ReadableStream<Uint8Array<ArrayBuffer>>, { status, headers });
}

function isFromEsp({ headers }: Request): boolean {
  return [...headers.keys()].some((name) => name.startsWith("x-esp"));
}
