/** The log as it grows: `GET /events?follow=true`, taken up again after a cut where it stopped. */
import { createParser } from "eventsource-parser";
import { ApiError } from "./api.ts";
import type { Api, Json } from "./api.ts";

/** How long things are waited for, in milliseconds. */
export interface FollowLimits {
  /** A stream says something every 15 s, if only that it is alive. */
  readonly silentMs: number;
  /** Between two tries. */
  readonly retryMs: number;
  /** After so long without a stream the engine is given up. */
  readonly awayMs: number;
}

/** What holds unless a test says otherwise. */
export const FOLLOW_LIMITS: FollowLimits = { silentMs: 45_000, retryMs: 1_000, awayMs: 60_000 };

/**
 * Every row after `after`, until `ended` is aborted.
 *
 * @throws {ApiError} when the engine refuses, or stays away.
 */
export async function* follow(
  api: Api,
  after: number,
  limits: FollowLimits = FOLLOW_LIMITS,
  ended: AbortSignal = new AbortController().signal,
): AsyncGenerator<Json> {
  let last = after;
  let hereAt = performance.now();
  while (!ended.aborted) {
    try {
      for await (const rows of stream(api, last, limits, ended)) {
        hereAt = performance.now();
        for (const row of rows) {
          last = row.seq;
          yield row;
        }
      }
    } catch (error) {
      if (ended.aborted) return;
      if (!mayPass(error) || performance.now() - hereAt > limits.awayMs) throw error;
    }
    await pause(limits.retryMs, ended);
  }
}

/** Resolves after that time, or as soon as `ended` is aborted. */
export async function pause(ms: number, ended: AbortSignal): Promise<void> {
  if (ended.aborted) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, ms);
  const wake = () => resolve();
  ended.addEventListener("abort", wake);
  await promise;
  ended.removeEventListener("abort", wake);
  clearTimeout(timer);
}

/** Nobody answers, or not now: that may pass. What is refused otherwise stays refused. */
function mayPass(error: unknown): boolean {
  return error instanceof ApiError && (error.status === 0 || error.status === 503);
}

/** One connection: the rows of each piece that arrives. */
async function* stream(
  api: Api,
  after: number,
  limits: FollowLimits,
  ended: AbortSignal,
): AsyncGenerator<Json[]> {
  const silence = new AbortController();
  const late = () => silence.abort(new Error(`nothing was heard for ${limits.silentMs / 1_000} s`));
  let timer = setTimeout(late, limits.silentMs);
  let rows: Json[] = [];
  const parser = createParser({
    onEvent: ({ event, data }) => void (event === "row" && rows.push(JSON.parse(data))),
  });
  try {
    const response = await api.open(`/events?follow=true&after=${after}`, {
      headers: { "last-event-id": `${after}` },
      signal: AbortSignal.any([silence.signal, ended]),
    });
    if (response.status !== 200) api.read(response.status, await response.text());
    const pieces = response.body!.pipeThrough(new TextDecoderStream());
    for await (const piece of pieces) {
      clearTimeout(timer);
      parser.feed(piece);
      yield rows.splice(0);
      timer = setTimeout(late, limits.silentMs);
    }
  } catch (error) {
    if (error instanceof ApiError) throw error;
    api.unreachable(error);
  } finally {
    clearTimeout(timer);
    silence.abort();
    rows = [];
  }
}

/** The place of the log's last row. */
export async function logEnd(api: Api): Promise<number> {
  return (await api.ask("GET", "/events?limit=1")).last_seq;
}
