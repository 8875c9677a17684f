/** The bytes of an image as a response: everything, one range, or nothing new (RFC 9110). */
import { answerRange, ENDED_FETCH_MS, namesTag, rangeHolds } from "../../core/mod.ts";
import type { Image } from "../../core/engine/mod.ts";
import { Refused } from "./problems.ts";
import type { Call } from "./route.ts";
import { refusalOf } from "./submit.ts";

type AnyCall = Call<unknown, unknown, unknown>;

/** For a year, by the device alone, and never changed on the way. */
const CACHE = "private, max-age=31536000, immutable, no-transform";

/** Whether the caller may have the bytes of the image. */
export async function mayFetch({ deps, caller }: AnyCall, sha256: string): Promise<boolean> {
  if (caller.kind === "operator") return true;
  if (caller.kind === "nobody") return false;
  const since = deps.engine.now() - ENDED_FETCH_MS;
  return deps.openArtifacts || await deps.reads.mayFetch(caller.id, sha256, since);
}

/** The image, or the part of it that was asked for. */
export async function imageResponse(call: AnyCall, image: Image): Promise<Response> {
  const { request } = call;
  const header = (name: string) => request.headers.get(name) ?? undefined;
  const etag = `"sha256-${image.sha256}"`;
  const headers = new Headers({
    etag,
    "accept-ranges": "bytes",
    "cache-control": CACHE,
  });
  if (namesTag(header("if-none-match"), etag)) return new Response(null, { status: 304, headers });
  const isEsp = [...request.headers.keys()].some((name) => name.startsWith("x-esp"));
  // These clients know 200 and 304 only, and check the body by its MD5.
  const plain = call.isHttp10 && isEsp;
  if (plain) headers.set("x-md5", image.md5);
  const asked = plain || !rangeHolds(header("if-range"), etag) ? undefined : header("range");
  const answer = answerRange(asked, image.size);
  if (answer.status === 416) throw new RangeRefused(image.size);
  const [start, end] = answer.status === 206 ? [answer.start, answer.end] : [0, image.size];
  if (answer.status === 206) {
    headers.set("content-range", `bytes ${start}-${end - 1}/${image.size}`);
  }
  return await bytesResponse(call, image, start, end, answer.status, headers);
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
  if (caller.kind === "device") {
    deps.engine.heard(caller.id);
    const { sha256 } = image;
    const input = { kind: "artifact", device: caller.id, sha256, from: start } as const;
    const refusal = await refusalOf(deps, input);
    if (refusal) return refusal;
  }
  const body = deps.images.read(image.sha256, start, end, contact(call));
  return new Response(body as ReadableStream<Uint8Array<ArrayBuffer>>, { status, headers });
}

/** A device that is fetching is there, however slowly: its download counts as a connection. */
function contact({ deps: { engine }, caller }: AnyCall): () => () => void {
  if (caller.kind !== "device") return () => () => {};
  const { id } = caller;
  return () => {
    const connection = crypto.randomUUID();
    engine.connected(id, connection);
    return () => engine.disconnected(id, connection);
  };
}

/** 416 says how long the image is (RFC 9110 §15.5.17). */
class RangeRefused extends Refused {
  override readonly headers: Readonly<Record<string, string>>;

  constructor(size: number) {
    super(416, `The image has ${size} bytes; the range begins after its end.`);
    this.headers = { "content-range": `bytes */${size}` };
  }
}
