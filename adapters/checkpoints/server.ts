/**
 * An HTTP server that keeps checkpoints: each is posted to it as a note. It may give those that it has at
 * the same URL, one behind the other as in a file of checkpoints.
 */
import type { Publisher } from "./publisher.ts";
import { textEnd } from "./text_end.ts";
import { whyNotSent } from "./trouble.ts";

/** Where it is, and who we are there. */
export interface CheckpointServer {
  /** Without user name and password. */
  readonly url: string;
  readonly username?: string | undefined;
  readonly password?: string | undefined;
}

/** Such a server. */
export interface ServerPublisher extends Publisher {
  /** Which one it is, without anything secret. */
  readonly place: string;
}

/** It takes a note within that time, or it is tried again later. */
const LIMIT_MS = 10_000;
/** The engine starts no later than so, whatever the server does. */
const READ_BACK_MS = 3_000;

/** The server; whether it can be reached is seen at the first checkpoint. */
export function checkpointServer(
  { url, username, password }: CheckpointServer,
  limitMs = LIMIT_MS,
  readBackMs = READ_BACK_MS,
): ServerPublisher {
  const authorization: Record<string, string> = username === undefined
    ? {}
    : { authorization: basic(username, password ?? "") };
  const headers = { "content-type": "text/plain; charset=utf-8", ...authorization };
  const place = shown(url);
  return {
    place,
    publish: async (note, signal) => {
      const why = await post(
        url,
        headers,
        note,
        AbortSignal.any([signal, AbortSignal.timeout(limitMs)]),
      );
      if (why !== undefined) throw new Error(`Cannot publish to ${place}: ${why}.`);
    },
    readBack: async () => {
      const given = await get(url, authorization, AbortSignal.timeout(readBackMs));
      if ("text" in given) return given.text;
      throw new Error(`Cannot read checkpoints back from ${place}: ${given.why}.`);
    },
  };
}

/** Why it was not taken; `undefined`: it was. A redirect is not followed: it could lead anywhere. */
async function post(
  url: string,
  headers: Record<string, string>,
  body: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  try {
    const response = await fetch(url, {
      method: "POST",
      headers,
      body,
      signal,
      redirect: "manual",
    });
    await response.body?.cancel();
    return response.ok ? undefined : `it answered ${response.status}`;
  } catch (error) {
    return whyNotSent(error as Error);
  }
}

/** The end of the text that is there, or why there is none. */
async function get(
  url: string,
  authorization: Record<string, string>,
  signal: AbortSignal,
): Promise<{ text: string } | { why: string }> {
  try {
    const headers = { accept: "text/plain", ...authorization };
    const response = await fetch(url, { headers, signal, redirect: "manual" });
    const type = response.headers.get("content-type") ?? "";
    const why = response.status !== 200
      ? `it answered ${response.status}`
      : !/^text\/plain *(;|$)/i.test(type)
      ? "what it gives is not text/plain"
      : undefined;
    if (why === undefined) return await textEnd(response.body);
    await response.body?.cancel();
    return { why };
  } catch (error) {
    return { why: whyNotSent(error as Error) };
  }
}

/** RFC 7617, with UTF-8. */
function basic(username: string, password: string): string {
  return `Basic ${new TextEncoder().encode(`${username}:${password}`).toBase64()}`;
}

/** A query may hold a secret. */
function shown(url: string): string {
  const { origin, pathname } = new URL(url);
  return `${origin}${pathname}`;
}
