/** What is meant for a device over HTTP: the long poll, and the word that a message has arrived. */
import { z } from "zod";
import { deviceId, parseMessageId } from "../../../core/mod.ts";
import { messageView } from "../../../core/engine/mod.ts";
import type { OutboundMessage } from "../../../core/engine/mod.ts";
import { messagesAnswer } from "../answers.ts";
import { callerOf } from "../callers.ts";
import { problemResponse, Refused } from "../problems.ts";
import { json, route } from "../route.ts";
import type { Call, HttpDeps, Route } from "../route.ts";

/** Longest wait, in seconds. */
const WAIT_S_MAX = 60;
const WAIT_S = 30;

type PollCall = Call<{ device: string }, { wait: number }, undefined>;

/** Messages as the device gets them. */
export function messagesResponse(
  { prefix }: HttpDeps,
  messages: readonly OutboundMessage[],
): Response {
  return Response.json({ messages: messages.map((message) => messageView(prefix, message)) });
}

/** While its poll is open, a device listens as one that has subscribed does. */
async function poll(call: PollCall): Promise<Response> {
  const { deps, request, params: { device }, query, wire } = call;
  const { engine, polls } = deps;
  const connection = `poll ${crypto.randomUUID()}`;
  const poll = polls.open(device);
  wire?.onClosed(() => poll.end());
  engine.connected(device, connection, "http");
  try {
    if (!await engine.listening(device, connection, true)) {
      throw new Refused(503, "The log cannot be written now. Ask again in a moment.");
    }
    const messages = await poll.wait(query.wait * 1000);
    // Every connection is cut when one token ends; who came with another is simply answered.
    if (poll.isCut) await callerOf(deps, { who: "device" }, request, { device });
    return messagesResponse(deps, messages);
  } finally {
    polls.close(device, poll);
    engine.disconnected(device, connection);
  }
}

/** `/ota/{device}/messages` */
export const messageRoutes: readonly Route[] = [
  route({
    method: "GET",
    path: "/ota/:device/messages",
    who: "device",
    params: z.object({ device: deviceId }),
    query: z.object({ wait: z.coerce.number().int().min(0).max(WAIT_S_MAX).default(WAIT_S) }),
    summary: "The device's messages, as soon as there are some.",
    responses: { 200: json("Those meant for it now; none after the wait.", messagesAnswer) },
    handle: poll,
  }),
  route({
    method: "DELETE",
    path: "/ota/:device/messages/:id",
    who: "device",
    params: z.object({ device: deviceId, id: z.string().max(128) }),
    summary: "Confirm that a message has arrived.",
    responses: { 204: { description: "It is not given again." } },
    handle: async ({ deps, params: { device, id } }) => {
      deps.engine.heard(device);
      const owed = parseMessageId(id);
      if (owed) {
        const { task, kind: message, attempt } = owed;
        const input = { kind: "delivered", device, task, message, attempt } as const;
        const answer = await deps.engine.submit(input);
        if (!answer.ok) return problemResponse(answer.problem);
      }
      // What is out of date, or was never to be confirmed, is gone as well.
      return new Response(null, { status: 204 });
    },
  }),
];
