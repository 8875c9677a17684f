/** Images by their digest: bytes, chunks, and the digests of chunks. */
import { z } from "zod";
import {
  CHUNK_BYTES_MAX,
  CHUNK_BYTES_MIN,
  CHUNKS_MAX,
  sha256Hex,
  toChecksum,
} from "../../../core/mod.ts";
import type { Image } from "../../../core/engine/mod.ts";
import { chunkBounds, chunkCount } from "../../../firmware/mod.ts";
import { chunksAnswer } from "../answers.ts";
import { bytesFields, IMAGE_CACHE, reprDigest } from "../images/image_answer.ts";
import {
  bytesResponse,
  imageResponse,
  imageResponses,
  mayFetch,
} from "../images/image_response.ts";
import { Refused } from "../problems.ts";
import { json, route } from "../route.ts";
import type { Call, Route } from "../route.ts";

const params = z.object({ sha256: sha256Hex });
const named = z.object({ sha256: sha256Hex, name: z.string().regex(/^[A-Za-z0-9._+-]{1,128}$/) });
const index = z.coerce.number().int().min(0).max(CHUNKS_MAX);

/** `size` in KiB or `bytes`; whole KiB or powers of two. */
const chunkSize = {
  size: z.coerce.number().int().min(1).max(CHUNK_BYTES_MAX / 1024).optional(),
  bytes: z.coerce.number().int().min(CHUNK_BYTES_MIN).max(CHUNK_BYTES_MAX)
    .refine((n) => n % 1024 === 0 || (n & (n - 1)) === 0, "must be whole KiB or a power of two")
    .optional(),
};

async function imageFor(
  call: Call<{ sha256: string }, unknown, unknown>,
): Promise<Image> {
  const { sha256 } = call.params;
  const image = await mayFetch(call, sha256) ? await call.deps.reads.image(sha256) : undefined;
  if (!image) throw new Refused(404, "There is no such image here for you.");
  return image;
}

function chunkBytesOf({ size, bytes }: { size?: number; bytes?: number }, image: Image): number {
  const chunkBytes = bytes ?? (size === undefined ? undefined : size * 1024);
  if (chunkBytes === undefined) {
    throw new Refused(422, "Say how large the chunks are, with ?size= (KiB) or ?bytes=.");
  }
  if (chunkCount(image.size, chunkBytes) > CHUNKS_MAX) {
    throw new Refused(422, `That would be more than ${CHUNKS_MAX} chunks. Choose larger ones.`);
  }
  return chunkBytes;
}

/** `/artifacts/{sha256}` and below. */
export const artifactRoutes: readonly Route[] = [
  route({
    method: "GET",
    path: "/artifacts/:sha256",
    who: "either",
    params,
    summary: "An image by its digest: HEAD, one Range, If-Range, If-None-Match.",
    responses: imageResponses,
    handle: async (call) => await imageResponse(call, await imageFor(call)),
  }),
  route({
    method: "GET",
    path: "/artifacts/:sha256/chunks",
    who: "either",
    params,
    query: z.object({
      ...chunkSize,
      from: index.default(0),
      count: index.min(1).default(CHUNKS_MAX),
    }),
    summary: "The digests of an image's chunks.",
    responses: { 200: json("Digests.", chunksAnswer), 404: imageResponses[404] },
    handle: async (call) => {
      const image = await imageFor(call);
      const { from, count, ...sizes } = call.query;
      const chunkBytes = chunkBytesOf(sizes as { size?: number; bytes?: number }, image);
      const digests = await call.deps.images.chunkDigests(image.sha256, chunkBytes, from, count);
      return Response.json({
        size: image.size,
        chunk_bytes: chunkBytes,
        from,
        chunks: digests.map(toChecksum),
      });
    },
  }),
  route({
    method: "GET",
    path: "/artifacts/:sha256/chunks/:n",
    who: "either",
    params: z.object({ sha256: sha256Hex, n: index }),
    query: z.object(chunkSize),
    summary: "One chunk, with its digest in Repr-Digest.",
    responses: { 200: imageResponses[200], 404: imageResponses[404] },
    handle: async (call) => {
      const image = await imageFor(call);
      const chunkBytes = chunkBytesOf(call.query as { size?: number; bytes?: number }, image);
      const { n } = call.params;
      const bounds = chunkBounds(image.size, chunkBytes, n);
      if (!bounds) {
        const count = chunkCount(image.size, chunkBytes);
        throw new Refused(404, `The image has ${count} chunks, from 0 on.`);
      }
      const [digest] = await call.deps.images.chunkDigests(image.sha256, chunkBytes, n, 1);
      const { start, end } = bounds;
      const fields = {
        ...bytesFields(start, end),
        etag: `"sha256-${digest}"`,
        // RFC 9530 §3: the digest of the whole representation, which is the chunk.
        "repr-digest": reprDigest(digest!),
        "cache-control": IMAGE_CACHE,
      };
      return await bytesResponse(call, image, start, end, fields);
    },
  }),
  route({
    method: "GET",
    path: "/artifacts/:sha256/:name",
    who: "either",
    params: named,
    summary: "The same image, under any name.",
    responses: imageResponses,
    handle: async (call) => await imageResponse(call, await imageFor(call)),
  }),
];
