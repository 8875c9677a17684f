/** Firmware: uploading images under a version, and listing them. */
import { z } from "zod";
import { IMAGE_BYTES_MAX, label, toChecksum, versionName } from "../../../core/mod.ts";
import type { Problem } from "../../../core/mod.ts";
import { firmwareView } from "../../../core/engine/mod.ts";
import { ImageError } from "../../../firmware/mod.ts";
import type { ImageErrorCode, StoredImage } from "../../../firmware/mod.ts";
import { imageResponse, mayFetch } from "../image_response.ts";
import { pageQuery, pageResponse } from "../pages.ts";
import { Refused } from "../problems.ts";
import { route } from "../route.ts";
import type { HttpDeps, Route } from "../route.ts";
import { command } from "../submit.ts";

const params = z.object({ version: versionName });
const query = z.strictObject({ product: label.optional() });

const statuses: Readonly<Record<ImageErrorCode, Problem["status"]>> = {
  too_large: 413,
  truncated: 400,
  stalled: 400,
  empty: 422,
  no_room: 503,
  io: 503,
};

/** Streams the body into the store. @throws {Refused} and then nothing of it stays. */
async function ingest({ images }: HttpDeps, request: Request): Promise<StoredImage> {
  if (!request.body) throw new Refused(422, "The image is empty. Send its bytes as the body.");
  const declared = request.headers.get("content-length");
  const expectedSize = declared === null ? undefined : Number(declared);
  if (expectedSize !== undefined && expectedSize > IMAGE_BYTES_MAX) {
    throw new Refused(413, `The image is over ${IMAGE_BYTES_MAX} bytes. Send a smaller one.`);
  }
  try {
    return await images.ingest(request.body, { expectedSize, maxSize: IMAGE_BYTES_MAX });
  } catch (error) {
    if (error instanceof ImageError) throw new Refused(statuses[error.code], error.message);
    throw error;
  }
}

/** `/firmware` */
export const firmwareRoutes: readonly Route[] = [
  route({
    method: "PUT",
    path: "/firmware/:version",
    who: "operator",
    params,
    query,
    handle: async ({ deps, caller, request, params: { version }, query: { product } }) => {
      const image = await ingest(deps, request);
      const name = `${version}.bin`;
      return await command(
        deps,
        caller,
        { type: "addFirmware", image, version, product: product ?? null, name },
        (result) =>
          Response.json({
            version,
            ...(product === undefined ? {} : { product }),
            size: image.size,
            checksum: toChecksum(image.sha256),
          }, { status: result.type === "firmware" && result.created ? 201 : 200 }),
      );
    },
  }),
  route({
    method: "GET",
    path: "/firmware",
    who: "operator",
    query: z.strictObject(pageQuery),
    handle: async ({ deps, query }) =>
      pageResponse(await deps.reads.firmwares(query), firmwareView),
  }),
  route({
    method: "GET",
    path: "/firmware/:version{.+\\.bin}",
    who: "either",
    params: z.object({ version: z.string().transform((v) => v.slice(0, -4)).pipe(versionName) }),
    query,
    handle: async (call) => {
      const { deps, caller, params: { version } } = call;
      const device = caller.kind === "device" ? await deps.reads.device(caller.id) : undefined;
      const product = device ? device.product : call.query.product ?? null;
      const found = await deps.reads.firmware(product, version);
      if (!found || !await mayFetch(call, found.sha256)) {
        throw new Refused(404, `There is no firmware ${version} here for you.`);
      }
      return await imageResponse(call, found.image);
    },
  }),
  route({
    method: "GET",
    path: "/firmware/:version",
    who: "operator",
    params,
    query,
    handle: async ({ deps, params: { version }, query: { product } }) => {
      const found = await deps.reads.firmware(product ?? null, version);
      if (!found) throw new Refused(404, `There is no firmware ${version}. Upload it with PUT.`);
      return Response.json(firmwareView(found));
    },
  }),
];
