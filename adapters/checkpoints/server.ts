/** An HTTP server that keeps checkpoints: each is posted to it as a note. */
import type { Publisher } from "./publisher.ts";
import { whyNotSent } from "./trouble.ts";

/** Where it is, and who we are there. */
export interface CheckpointServer {
  /** Without user name and password. */
  readonly url: string;
  readonly username?: string | undefined;
  readonly password?: string | undefined;
}

/** It takes a note within that time, or it is tried again later. */
const LIMIT_MS = 10_000;

/** The server; whether it can be reached is seen at the first checkpoint. */
export function checkpointServer(
  { url, username, password }: CheckpointServer,
  limitMs = LIMIT_MS,
): Publisher {
  const headers = {
    "content-type": "text/plain; charset=utf-8",
    ...(username === undefined ? {} : { authorization: basic(username, password ?? "") }),
  };
  return {
    publish: async (note, signal) => {
      const why = await post(
        url,
        headers,
        note,
        AbortSignal.any([signal, AbortSignal.timeout(limitMs)]),
      );
      if (why !== undefined) throw new Error(`Cannot publish to ${shown(url)}: ${why}.`);
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

/** RFC 7617, with UTF-8. */
function basic(username: string, password: string): string {
  return `Basic ${new TextEncoder().encode(`${username}:${password}`).toBase64()}`;
}

/** A query may hold a secret. */
function shown(url: string): string {
  const { origin, pathname } = new URL(url);
  return `${origin}${pathname}`;
}
