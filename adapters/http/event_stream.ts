/** The log as a response that does not end: Server-Sent Events (HTML §9.2). */
import type { ImageBytes } from "../../firmware/mod.ts";
import { FOLLOWERS_MAX } from "./feed.ts";
import { Refused } from "./problems.ts";
import type { Call } from "./route.ts";
import { servedBody } from "./served_body.ts";

/** A proxy that collects an answer before it hands it on would hand on nothing. */
const HEADERS = {
  "content-type": "text/event-stream",
  "cache-control": "no-store",
  "x-accel-buffering": "no",
};

/** Every row after the position, then each row as it becomes durable. */
export function eventStream(
  { deps, request, wire }: Call<unknown, unknown, unknown>,
  after: number,
): Response {
  if (request.method === "HEAD") return new Response(null, { headers: HEADERS });
  const { limits } = deps;
  const following = deps.feed.follow(after, limits.aliveEveryMs);
  if (!following) {
    const detail = `${FOLLOWERS_MAX} programs follow the log. End one, or read it without follow.`;
    throw new Refused(503, detail);
  }
  const { source, end } = following;
  const body = servedBody(inPieces(source), { limits, wire, around: { end } });
  return new Response(body as ReadableStream<Uint8Array<ArrayBuffer>>, { headers: HEADERS });
}

/** The stream in pieces of whatever size is wanted. */
function inPieces(stream: ReadableStream<Uint8Array>): ImageBytes {
  const reader = stream.getReader();
  let rest: Uint8Array | undefined;
  return {
    next: async (max) => {
      rest ??= (await reader.read()).value;
      const piece = rest?.subarray(0, max);
      rest = rest && rest.length > max ? rest.subarray(max) : undefined;
      return piece;
    },
    close: () => void reader.cancel().catch(() => {}),
  };
}
