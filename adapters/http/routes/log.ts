/**
 * What auditors keep of the log. It is for whoever asks: a checkpoint is hashes and a number of rows, and
 * its key is the public one. Neither leads to what a row says, and those who are to check an operator need
 * not have a token of his.
 */
import { Refused } from "../problems.ts";
import { route } from "../route.ts";
import type { Described, Route } from "../route.ts";

const headers = { "content-type": "text/plain; charset=utf-8", "cache-control": "no-store" };

function text(description: string): Described {
  return { description, content: [{ type: "text/plain" }] };
}

/** `GET /log/checkpoint` and `GET /log/key` */
export const logRoutes: readonly Route[] = [
  route({
    method: "GET",
    path: "/log/checkpoint",
    who: "anyone",
    summary: "The newest checkpoint of the log.",
    responses: {
      200: text("A signed note (C2SP tlog-checkpoint)."),
      503: { description: "There is none yet." },
    },
    handle: ({ deps }) => {
      const note = deps.log.checkpoint();
      if (note === undefined) throw new Refused(503, "There is no checkpoint of the log yet.");
      return new Response(note, { headers });
    },
  }),
  route({
    method: "GET",
    path: "/log/key",
    who: "anyone",
    summary: "The key that signs the log's checkpoints, to be kept apart from them.",
    responses: { 200: text("A verifier key (C2SP signed-note), one line.") },
    handle: ({ deps }) => new Response(`${deps.log.key}\n`, { headers }),
  }),
];
