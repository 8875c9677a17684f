/**
 * Checks of clients that only fetch images and can report nothing: each is the device's request, and is
 * answered in the words that the client knows.
 */
import { z } from "zod";
import { deviceId } from "../../../core/mod.ts";
import { manifestAnswer } from "../answers.ts";
import { PROJECT_KEY } from "../callers.ts";
import { offerFor, runningRelease } from "../checks/check.ts";
import type { Named } from "../checks/check.ts";
import { manifestOf, pathOf } from "../checks/manifest.ts";
import {
  askedByMemfault,
  askedByUrl,
  espFields,
  memfaultWords,
  ownWords,
  purposeOf,
} from "../checks/said.ts";
import { imageContent, imageResponse } from "../images/image_response.ts";
import { Refused } from "../problems.ts";
import { route } from "../route.ts";
import type { Call, Route } from "../route.ts";

const params = z.object({ device: deviceId });
const notNow = { description: "The log cannot be written now. Check again in a moment." };

type UpdateCall = Call<
  { device: string },
  z.output<typeof ownWords>,
  undefined,
  z.output<typeof espFields>
>;

/** What the URL names may be another image tomorrow. */
function fieldsOf({ version, image }: Named): Record<string, string> {
  return {
    "cache-control": "private, no-cache, no-transform",
    "x-version": version,
    "x-md5": image.md5,
  };
}

function upToDate(): Response {
  return new Response(null, { status: 304 });
}

async function update(call: UpdateCall): Promise<Response> {
  const { deps, params: { device }, headers, query } = call;
  const purpose = purposeOf(headers);
  // A file system is not ours to write over, and who asks for one does not ask for an image.
  if (purpose === "other") return upToDate();
  const offer = await offerFor(deps, device, askedByUrl(headers, query));
  if (purpose === "image") {
    return offer ? await imageResponse(call, offer.image, fieldsOf(offer)) : upToDate();
  }
  const named = offer ?? await runningRelease(deps, device);
  if (!named) return upToDate();
  return new Response(null, { headers: { ...fieldsOf(named), "content-length": "0" } });
}

/** An answer whose length its client needs to know beforehand. */
function measured(text: string, type: string): Response {
  const bytes = new TextEncoder().encode(text);
  return new Response(bytes, {
    headers: { "content-type": type, "content-length": String(bytes.length) },
  });
}

/** The URL with the credentials of whoever asked: esp_https_ota has no others. */
function withCredentials(url: string, device: string, token: string): string {
  const own = new URL(url);
  own.username = device;
  own.password = token;
  return own.href;
}

/** `/ota/{device}/update`, `/ota/{device}/manifest.json`, `/api/v0/releases/latest/url` */
export const checkRoutes: readonly Route[] = [
  route({
    method: "GET",
    path: "/ota/:device/update",
    who: "device",
    params,
    query: ownWords,
    headers: espFields,
    summary: "What the device is to run, for clients that only fetch: HEAD, one Range, If-Range.",
    responses: {
      200: {
        description: "The image, with x-version and x-MD5; no body to x-ESP…-mode: version.",
        content: [imageContent],
      },
      206: { description: "The range that was asked for.", content: [imageContent] },
      304: { description: "There is nothing new; always to a mode other than sketch and version." },
      416: { description: "The range begins after the end." },
      503: notNow,
    },
    handle: update,
  }),
  route({
    method: "GET",
    path: "/ota/:device/manifest.json",
    who: "device",
    params,
    query: ownWords.extend({
      chip: z.string().regex(/^[A-Za-z0-9-]{1,32}$/, "must be 1 to 32 of A-Z a-z 0-9 -").optional(),
    }),
    summary: "The same for ESPHome: what the device is to run, else what it runs.",
    responses: {
      200: {
        description: "A manifest as of ESP-Web-Tools.",
        content: [{ type: "application/json", schema: manifestAnswer }],
      },
      404: {
        description: "There is nothing to fetch, and what the device runs is not known here.",
      },
      503: notNow,
    },
    handle: async ({ deps, params: { device }, query: { chip, ...words } }) => {
      const offer = await offerFor(deps, device, askedByUrl({}, words));
      const named = offer ?? await runningRelease(deps, device);
      if (!named) {
        throw new Refused(
          404,
          "There is nothing to fetch for this device, and no firmware of the version that it runs. Say that with ?current_version=, or upload it.",
        );
      }
      const manifest = manifestOf(named, pathOf(offer), chip);
      return measured(JSON.stringify(manifest), "application/json");
    },
  }),
  route({
    method: "GET",
    path: "/api/v0/releases/latest/url",
    who: "device",
    takesProjectKey: true,
    query: memfaultWords.extend({ device_serial: deviceId }),
    summary: "The same for Memfault's SDK, with the device's token as project key.",
    responses: {
      200: {
        description: "Where the image is; with the credentials that came as a project key.",
        content: [{ type: "text/plain" }],
      },
      204: { description: "There is nothing new." },
      503: notNow,
    },
    handle: async ({ deps, caller, request, query: { device_serial: device, ...words } }) => {
      if (caller.kind !== "device" || caller.id !== device) {
        throw new Refused(403, "This needs the device's own token.");
      }
      const offer = await offerFor(deps, device, askedByMemfault(words));
      if (!offer) return new Response(null, { status: 204 });
      const key = request.headers.has("authorization") ? null : request.headers.get(PROJECT_KEY);
      const url = key === null ? offer.url : withCredentials(offer.url, device, key);
      return measured(url, "text/plain");
    },
  }),
];
