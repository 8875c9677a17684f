/** Keeps a registry in step with the log of an engine, over its API alone. */
import { ApiError } from "../ota/api.ts";
import type { Api } from "../ota/api.ts";
import { follow, FOLLOW_LIMITS, pause } from "../ota/follow.ts";
import type { FollowLimits } from "../ota/follow.ts";
import type { Registry } from "./registry.ts";

/** Who watches takes every absence in hand itself: the engine may come back with another log. */
export const WATCH_LIMITS: FollowLimits = { ...FOLLOW_LIMITS, awayMs: 0 };

const NEVER = new AbortController().signal;

/**
 * Reads the log up to its present end.
 *
 * @throws {ApiError} when the engine cannot be reached, or refuses.
 */
export async function catchUp(
  api: Api,
  registry: Registry,
  onRead: (rows: number, end: number) => void = () => {},
  limits: FollowLimits = FOLLOW_LIMITS,
  ended: AbortSignal = NEVER,
): Promise<void> {
  const { items: [first], last_seq: end } = await api.ask("GET", "/events?limit=1");
  registry.expect(first?.log, end);
  if (registry.place >= end) return;
  for await (const row of follow(api, registry.place, limits, ended)) {
    registry.take(row);
    onRead(registry.place, end);
    if (registry.place >= end) return;
  }
}

/** What a watcher is told. */
export interface Watching {
  /** The registry is complete, or has changed. */
  onChange(): void;
  onRead(rows: number, end: number): void;
  /** The engine is away, said once, and is waited for. */
  onAway(error: Error): void;
  onBack(): void;
}

/**
 * Watches until `ended` is aborted; an engine that is away is waited for.
 *
 * @throws {ApiError} when the engine refuses.
 */
export async function watchRegistry(
  api: Api,
  registry: Registry,
  { onChange, onRead, onAway, onBack }: Watching,
  ended: AbortSignal,
  limits: FollowLimits = WATCH_LIMITS,
): Promise<void> {
  let isAway = false;
  while (!ended.aborted) {
    try {
      await catchUp(api, registry, onRead, limits, ended);
      if (ended.aborted) return;
      if (isAway) onBack();
      isAway = false;
      onChange();
      for await (const row of follow(api, registry.place, limits, ended)) {
        if (registry.take(row)) onChange();
      }
    } catch (error) {
      if (!mayPass(error)) throw error;
      if (!isAway) onAway(error);
      isAway = true;
    }
    await pause(limits.retryMs, ended);
  }
}

/** Nobody answers, or a proxy in the engine's place does, or the engine has too much to do. */
function mayPass(error: unknown): error is ApiError {
  return error instanceof ApiError && (error.status === 0 || error.status >= 500);
}
