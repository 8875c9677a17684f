/** Tasks: ordering an upgrade, looking at it, cancelling it. */
import { z } from "zod";
import { deviceId, requestUpgrade, taskId, taskStates } from "../../../core/mod.ts";
import type { Task } from "../../../core/mod.ts";
import { taskView, transferView } from "../../../core/engine/mod.ts";
import { orderAnswer, taskAnswer, tasksAnswer, transferAnswer } from "../answers.ts";
import { pageQuery, pageResponse } from "../pages.ts";
import { Refused } from "../problems.ts";
import { json, route } from "../route.ts";
import type { HttpDeps, Route } from "../route.ts";
import { command } from "../submit.ts";
import { asNow } from "../under_way.ts";

const params = z.object({ task_id: taskId });

async function knownTask(deps: HttpDeps, id: string): Promise<Task> {
  const task = await deps.reads.task(id);
  if (!task) throw new Refused(404, `There is no task ${id}.`);
  return asNow(deps, task);
}

async function taskResponse(deps: HttpDeps, id: string): Promise<Response> {
  return Response.json(taskView(await knownTask(deps, id)));
}

/** `/firmware/upgrade` and `/tasks`. */
export const taskRoutes: readonly Route[] = [
  route({
    method: "POST",
    path: "/firmware/upgrade",
    who: "operator",
    body: requestUpgrade,
    summary: "Orders an upgrade of one device.",
    responses: {
      202: json("The task is queued.", orderAnswer),
      404: { description: "There is no such device, or no such version for it." },
      409: { description: "The checksum is another, or a task of this image is open." },
    },
    handle: ({ deps, caller, body }) =>
      command(
        deps,
        caller,
        { type: "requestUpgrade", request: body },
        (result) =>
          Response.json(
            { task_id: result.type === "task" ? result.task : undefined, status: "queued" },
            { status: 202 },
          ),
      ),
  }),
  route({
    method: "GET",
    path: "/tasks",
    who: "operator",
    query: z.strictObject({
      ...pageQuery,
      after: z.string().regex(/^\d{1,10}$/, "must be what `next` gave").optional(),
      device_id: deviceId.optional(),
      state: z.enum(taskStates).optional(),
    }),
    summary: "Tasks, by number.",
    responses: { 200: json("A page.", tasksAnswer) },
    handle: async ({ deps, query: { device_id: device, ...query } }) =>
      pageResponse(
        await deps.reads.tasks({ ...query, device }),
        (task) => taskView(asNow(deps, task)),
      ),
  }),
  route({
    method: "GET",
    path: "/tasks/:task_id",
    who: "operator",
    params,
    summary: "One task.",
    responses: { 200: json("It.", taskAnswer), 404: { description: "There is no such task." } },
    handle: ({ deps, params: { task_id } }) => taskResponse(deps, task_id),
  }),
  route({
    method: "GET",
    path: "/tasks/:task_id/transfer",
    who: "operator",
    params,
    summary:
      "What was given out for each attempt of a task: handed to the network, perhaps not arrived.",
    responses: {
      200: json("The record.", transferAnswer),
      404: { description: "There is no such task." },
    },
    handle: async ({ deps, params: { task_id } }) => {
      return Response.json(transferView(await knownTask(deps, task_id)));
    },
  }),
  route({
    method: "POST",
    path: "/tasks/:task_id/cancel",
    who: "operator",
    params,
    summary: "Takes a task back, until its device installs.",
    responses: {
      200: json("The task.", taskAnswer),
      404: { description: "There is no such task." },
      409: { description: "It has ended, or the device installs." },
    },
    handle: ({ deps, caller, params: { task_id } }) =>
      command(
        deps,
        caller,
        { type: "cancelTask", task: task_id },
        () => taskResponse(deps, task_id),
      ),
  }),
];
