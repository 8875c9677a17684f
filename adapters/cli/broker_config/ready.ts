/** Waits for the moment at which Mosquitto may read its passwords again without losing anything. */
import type { Api } from "../ota/api.ts";
import { pause } from "../ota/follow.ts";

/** How long things are waited for, in milliseconds. */
export interface ReadyLimits {
  /** Between two looks. */
  readonly retryMs: number;
  /** Then it is done anyhow: somebody may have to be shut out. */
  readonly mostMs: number;
}

/** An engine tries its broker again after 120 s at the latest. */
export const READY_LIMITS: ReadyLimits = { retryMs: 1_000, mostMs: 150_000 };

/**
 * Resolves when the engine is connected to its broker, or the time is up. Mosquitto 2.0.11 checks at
 * SIGHUP sessions that it has restored after a restart, too, finds no password with them, and keeps
 * nothing for them from then on until their client is back: reports would be lost.
 */
export async function untilReady(
  api: Api,
  ended: AbortSignal,
  { retryMs, mostMs }: ReadyLimits = READY_LIMITS,
): Promise<void> {
  const from = performance.now();
  while (!ended.aborted && performance.now() - from < mostMs && !await isReady(api, ended)) {
    await pause(retryMs, ended);
  }
}

async function isReady(api: Api, ended: AbortSignal): Promise<boolean> {
  try {
    const signal = AbortSignal.any([ended, AbortSignal.timeout(READY_LIMITS.retryMs)]);
    const response = await api.open("/readyz", { signal });
    await response.body?.cancel();
    return response.ok;
  } catch {
    return false;
  }
}
