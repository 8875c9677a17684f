/** Devices, for operators. */
import { z } from "zod";
import {
  deviceId,
  deviceStream,
  logPoint,
  registerDevice,
  rotateToken,
} from "../../../core/mod.ts";
import { deviceView, eraseDevice, rowView } from "../../../core/engine/mod.ts";
import { deviceAnswer, devicesAnswer, erasedAnswer, rowsAnswer, tokenAnswer } from "../answers.ts";
import { deviceAsOf } from "../device_as_of.ts";
import { pageQuery, pageResponse } from "../pages.ts";
import { problemResponse, Refused } from "../problems.ts";
import { json, route } from "../route.ts";
import type { HttpDeps, Route } from "../route.ts";
import { actorOf, command } from "../submit.ts";
import { makeToken } from "../tokens.ts";

const params = z.object({ id: deviceId });

async function knownDevice({ reads }: HttpDeps, id: string) {
  const device = await reads.device(id);
  if (!device) {
    throw new Refused(404, `There is no device ${id}. Register it first with POST /devices.`);
  }
  return device;
}

/** `/devices` and below. */
export const deviceRoutes: readonly Route[] = [
  route({
    method: "POST",
    path: "/devices",
    who: "operator",
    body: registerDevice,
    summary: "Makes a device known and gives it its token.",
    responses: {
      201: json("The token is shown this once.", tokenAnswer),
      409: { description: "The device is known already." },
    },
    handle: ({ deps, caller, body }) => {
      const { token, ...hashes } = makeToken();
      const { device_id, ...about } = body;
      return command(
        deps,
        caller,
        { type: "registerDevice", device: device_id, ...about, ...hashes },
        () => Response.json({ device_id, token }, { status: 201 }),
      );
    },
  }),
  route({
    method: "POST",
    path: "/devices/:id/token",
    who: "operator",
    params,
    body: rotateToken,
    summary: "Gives a device a new token.",
    responses: {
      201: json("The token is shown this once.", tokenAnswer),
      404: { description: "There is no such device." },
    },
    handle: ({ deps, caller, params: { id }, body }) => {
      const { token, ...hashes } = makeToken();
      return command(
        deps,
        caller,
        { type: "issueToken", device: id, ...hashes, overlapMs: body.overlap * 1000 },
        () => Response.json({ device_id: id, token }, { status: 201 }),
      );
    },
  }),
  route({
    method: "GET",
    path: "/devices",
    who: "operator",
    query: z.strictObject(pageQuery),
    summary: "Devices, by id.",
    responses: { 200: json("A page.", devicesAnswer) },
    handle: async ({ deps: { reads, engine }, query }) => {
      const page = await reads.devices(query);
      const tags = await reads.tags(page.items.map(({ id }) => id));
      return pageResponse(
        page,
        (device) => deviceView(device, tags.get(device.id), engine.lastHeardAt(device.id)),
      );
    },
  }),
  route({
    method: "GET",
    path: "/devices/:id",
    who: "operator",
    params,
    query: z.strictObject({ at: logPoint.optional() }),
    summary: "One device: as it is, or as of a row or a time of the log.",
    responses: {
      200: json("It; as of a point, its last contact is the last one on record.", deviceAnswer),
      404: { description: "There is no such device, or it was not known then." },
    },
    handle: async ({ deps, params: { id }, query: { at } }) => {
      const device = await knownDevice(deps, id);
      if (at !== undefined) return Response.json(await deviceAsOf(deps.reads, device, at));
      const tags = await deps.reads.tags([id]);
      return Response.json(deviceView(device, tags.get(id), deps.engine.lastHeardAt(id)));
    },
  }),
  route({
    method: "DELETE",
    path: "/devices/:id",
    who: "operator",
    params,
    summary: "Revokes a device: it is cut off and may not come back.",
    responses: {
      204: { description: "It is revoked." },
      404: { description: "There is no such device." },
    },
    handle: ({ deps, caller, params: { id } }) =>
      command(
        deps,
        caller,
        { type: "revokeDevice", device: id },
        () => new Response(null, { status: 204 }),
      ),
  }),
  route({
    method: "POST",
    path: "/devices/:id/erase",
    who: "operator",
    params,
    summary:
      "Takes personal data out of a device's rows: its tags, and the free text of its reports.",
    responses: {
      200: json("How many rows lost data, and whether a file may still have it.", erasedAnswer),
      404: { description: "There is no such device." },
    },
    handle: async ({ deps: { engine, isScrubbed }, caller, params: { id } }) => {
      const erasure = await eraseDevice(engine, actorOf(caller), id);
      return erasure.ok
        ? Response.json({ device_id: id, erased: erasure.rows, pending: !isScrubbed() })
        : problemResponse(erasure.problem);
    },
  }),
  route({
    method: "GET",
    path: "/devices/:id/events",
    who: "operator",
    params,
    query: z.strictObject({ ...pageQuery, after: z.coerce.number().int().min(0).default(0) }),
    summary: "The rows of one device, oldest first.",
    responses: {
      200: json("A page.", rowsAnswer),
      404: { description: "There is no such device." },
    },
    handle: async ({ deps, params: { id }, query: { after, limit } }) => {
      await knownDevice(deps, id);
      const rows = await deps.reads.rows(deviceStream(id), after, limit + 1);
      const items = rows.slice(0, limit);
      const next = rows.length > limit ? { next: String(items.at(-1)!.version) } : {};
      return pageResponse({ items, ...next }, rowView);
    },
  }),
];
