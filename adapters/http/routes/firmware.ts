/** Firmware: uploading images under a version, and listing them. */
import { z } from "zod";
import { checksum, IMAGE_BYTES_MAX, label, versionName } from "../../../core/mod.ts";
import { firmwareView, imageView } from "../../../core/engine/mod.ts";
import type { StoredImage } from "../../../firmware/mod.ts";
import { announcedSha256 } from "../announced_digest.ts";
import { firmwareAnswer, firmwaresAnswer } from "../answers.ts";
import { imageContent, imageResponse, imageResponses, mayFetch } from "../images/image_response.ts";
import { pageQuery, pageResponse } from "../pages.ts";
import { Refused } from "../problems.ts";
import { json, route } from "../route.ts";
import type { Call, HttpDeps, Route } from "../route.ts";
import { command } from "../submit.ts";

const params = z.object({ version: versionName });
const query = z.strictObject({ product: label.optional() });
const uploadQuery = query.extend({
  checksum: checksum.optional(),
  /** Takes the image whatever its own header says. */
  header: z.literal("ignore").optional(),
});

/** What an image is uploaded as. */
interface Declared {
  readonly version: string;
  readonly product: string | null;
  readonly ignoresHeader: boolean;
}

/** Streams the body into the store. @throws {Refused|ImageError} and then nothing of it stays. */
async function ingest(
  { images }: HttpDeps,
  request: Request,
  expectedSha256: string | undefined,
): Promise<StoredImage> {
  if (!request.body) throw new Refused(422, "The image is empty. Send its bytes as the body.");
  const declared = request.headers.get("content-length");
  const expectedSize = declared === null ? undefined : Number(declared);
  const maxSize = IMAGE_BYTES_MAX;
  if (expectedSize !== undefined && expectedSize > maxSize) {
    throw new Refused(413, `The image is over ${maxSize} bytes. Send a smaller one.`);
  }
  return await images.ingest(request.body, { expectedSize, maxSize, expectedSha256 });
}

/** Names the image in the log; its bytes stay only if the log then knows it. */
async function name(
  { deps, caller }: Pick<Call<unknown, unknown, unknown>, "deps" | "caller">,
  image: StoredImage,
  declared: Declared,
): Promise<Response> {
  const { version, product } = declared;
  try {
    return await command(
      deps,
      caller,
      { type: "addFirmware", image, ...declared, name: `${version}.bin` },
      (result) =>
        Response.json(imageView(version, product, image), {
          status: result.type === "firmware" && result.created ? 201 : 200,
        }),
    );
  } finally {
    const isNamed = async () => await deps.reads.image(image.sha256) !== undefined;
    await deps.images.settle(image.sha256, isNamed);
  }
}

function absentFirmware(version: string, product: string | undefined): Refused {
  return new Refused(
    404,
    product === undefined
      ? `There is no firmware ${version} without a product. If it is a product's, name that with ?product=; else upload it with PUT /firmware/${version}.`
      : `There is no firmware ${version} of ${product}, nor one without a product. Upload it with PUT /firmware/${version}?product=${
        encodeURIComponent(product)
      }.`,
  );
}

/** `/firmware` */
export const firmwareRoutes: readonly Route[] = [
  route({
    method: "PUT",
    path: "/firmware/:version",
    who: "operator",
    params,
    query: uploadQuery,
    reads: imageContent,
    summary: "Uploads an image under a version.",
    responses: {
      200: json("The same bytes were there already.", firmwareAnswer),
      201: json("Stored.", firmwareAnswer),
      409: { description: "The version has other bytes." },
      413: { description: "The image is too large." },
      422: {
        description:
          "The input is not valid, or the image's own header contradicts it; `errors` says what.",
      },
    },
    handle: async (call) => {
      const { deps, request, params: { version }, query } = call;
      const image = await ingest(deps, request, announcedSha256(request.headers, query.checksum));
      const { product = null, header } = query;
      return await name(call, image, { version, product, ignoresHeader: header === "ignore" });
    },
  }),
  route({
    method: "GET",
    path: "/firmware",
    who: "operator",
    query: z.strictObject(pageQuery),
    summary: "Versions, by version, then product.",
    responses: { 200: json("A page.", firmwaresAnswer) },
    handle: async ({ deps, query }) =>
      pageResponse(await deps.reads.firmwares(query), firmwareView),
  }),
  route({
    method: "GET",
    path: "/firmware/:version{.+\\.bin}",
    who: "either",
    params: z.object({ version: z.string().transform((v) => v.slice(0, -4)).pipe(versionName) }),
    query,
    summary: "The image by the name of its version.",
    responses: imageResponses,
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
    summary: "One version.",
    responses: { 200: json("It.", firmwareAnswer), 404: { description: "There is none." } },
    handle: async ({ deps, params: { version }, query: { product } }) => {
      const found = await deps.reads.firmware(product ?? null, version);
      if (!found) throw absentFirmware(version, product);
      return Response.json(firmwareView(found));
    },
  }),
];
