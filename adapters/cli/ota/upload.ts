/** Sends a file as the body of a request, as it is read: memory does not grow with the file. */
import { request as requestHttp } from "node:http";
import type { IncomingMessage } from "node:http";
import { request as requestHttps } from "node:https";
import { text } from "node:stream/consumers";
import type { Api, Json } from "./api.ts";

/** A connection on which nothing moves for so long has failed. */
const STALLED_MS = 60_000;

/** What the API answered, and whether it was new. */
export interface Uploaded {
  readonly isNew: boolean;
  readonly answer: Json;
}

/** Puts the file. `node:http`, as `fetch` announces no length for a stream. @throws {ApiError} */
export async function upload(
  api: Api,
  path: string,
  file: Deno.FsFile,
  onSent: (bytes: number) => void,
): Promise<Uploaded> {
  const { size } = await file.stat();
  const { url, token } = api.access;
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const request = (url.startsWith("https:") ? requestHttps : requestHttp)(`${url}${path}`, {
    method: "PUT",
    headers: { authorization: `Bearer ${token}`, "content-length": size },
    agent: false,
  }, resolve);
  request.once("error", reject);
  request.setTimeout(STALLED_MS, () => request.destroy(new Error("the upload stalled")));
  // A refusal may come before the end; who refuses need not read the rest.
  const sent = send(file, request, promise, onSent).catch(reject);
  try {
    const response = await promise;
    const status = response.statusCode ?? 0;
    return { isNew: status === 201, answer: api.read(status, await text(response)) };
  } catch (error) {
    if ((error as Error).name === "ApiError") throw error;
    return api.unreachable(error);
  } finally {
    request.destroy();
    await sent;
  }
}

const PIECE_BYTES = 65_536;

async function send(
  file: Deno.FsFile,
  request: ReturnType<typeof requestHttp>,
  answered: Promise<unknown>,
  onSent: (bytes: number) => void,
): Promise<void> {
  let isOver = false;
  const over = answered.then(() => isOver = true, () => isOver = true);
  for (let bytes = 0; !isOver;) {
    const piece = new Uint8Array(PIECE_BYTES);
    const length = await file.read(piece);
    if (length === null) break;
    onSent(bytes += length);
    if (request.write(piece.subarray(0, length))) continue;
    const { promise: drained, resolve } = Promise.withResolvers<void>();
    request.once("drain", resolve);
    await Promise.race([drained, over]);
  }
  if (!isOver) request.end();
}
