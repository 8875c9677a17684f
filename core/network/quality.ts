/**
 * What is known of one transport of one device, from what was observed of it: how much it moves, how
 * soon it answers, how far it is to be trusted. Whole numbers only, so that it can stand in a fact and
 * be judged again. It judges nothing itself.
 */
import { goodput } from "./goodput.ts";
import type { Goodput } from "./goodput.ts";
import {
  BYTES_MAX,
  CUT_MS,
  FORGET_MS,
  REPEATED_BYTES,
  RETRY_MS,
  RTT_MS_MAX,
  STALL_MS,
  TIME_MS_MAX,
  TRUST_START,
  TRUST_STEP,
  TRUST_STEP_MS,
} from "./parameters.ts";
import { within } from "./within.ts";

/** Something that was observed of one transport of one device: whole milliseconds and bytes. */
export type Observation =
  /** An offer, a message or a chunk was confirmed after so long. */
  | { readonly kind: "answered"; readonly ms: number }
  /** So many new bytes of an image arrived in so long. */
  | { readonly kind: "moved"; readonly bytes: number; readonly ms: number }
  /** Bytes were asked for, and nothing moved for so long; the next one goes on from there. */
  | { readonly kind: "stalled"; readonly ms: number }
  /** A connection was lost, or an answer was cut, in the middle. */
  | { readonly kind: "cut" }
  /** Bytes were asked for that had been given before. */
  | { readonly kind: "repeated"; readonly bytes: number };

/** What is known of one transport. Times are engine time, milliseconds; 0: never. */
export interface Quality extends Goodput {
  /** Smoothed round trip, milliseconds; `null`: none was measured. */
  readonly rttMs: number | null;
  /** How far it is to be trusted, 0 to 1,000. */
  readonly trust: number;
  /** For so long nothing has moved since something did, milliseconds. */
  readonly stalledMs: number;
  /** When it was last observed. */
  readonly at: number;
  /** When its goodput was last measured. */
  readonly measuredAt: number;
  /** When its trust last rose. */
  readonly roseAt: number;
  /** When a cut last counted. */
  readonly cutAt: number;
}

/** A transport that nobody has observed. */
export const unknownQuality: Quality = {
  rttMs: null,
  bytesPerS: null,
  steadyBytesPerS: null,
  trust: TRUST_START,
  stalledMs: 0,
  at: 0,
  measuredAt: 0,
  roseAt: 0,
  cutAt: 0,
};

/** What is known after one more observation, at engine time `at`. */
export function observed(quality: Quality, observation: Observation, at: number): Quality {
  // Never 0, which is for what was never observed; and never back.
  const now = within(at, Math.max(1, quality.at), TIME_MS_MAX);
  return { ...learned(remembered(quality, now), observation, now), at: now };
}

/** What is still known of it at engine time `at`; not forgotten is when its goodput was measured. */
export function remembered(quality: Quality, at: number): Quality {
  const { measuredAt, stalledMs } = quality;
  if (at - quality.at > FORGET_MS) return { ...unknownQuality, measuredAt, stalledMs };
  // A stall says nothing of what comes after it.
  const isKnown = at - measuredAt <= (stalledMs > 0 ? RETRY_MS : FORGET_MS);
  return isKnown ? quality : { ...quality, bytesPerS: null, steadyBytesPerS: null };
}

function learned(quality: Quality, observation: Observation, now: number): Quality {
  const { rttMs, trust } = quality;
  switch (observation.kind) {
    case "answered":
      return {
        ...trusted(quality, now),
        rttMs: smoothed(rttMs, within(observation.ms, 0, RTT_MS_MAX)),
      };
    case "moved": {
      const [bytes, ms] = [bytesOf(observation), msOf(observation)];
      if (bytes === 0) return stalled(quality, ms, now);
      const speed = goodput(quality, bytes, ms);
      return { ...trusted(quality, now), ...speed, stalledMs: 0, measuredAt: now };
    }
    case "stalled":
      return stalled(quality, msOf(observation), now);
    case "cut":
      if (now - quality.cutAt < CUT_MS) return quality;
      return { ...quality, trust: halved(trust, 1, 1), cutAt: now };
    case "repeated":
      return { ...quality, trust: halved(trust, bytesOf(observation), REPEATED_BYTES) };
  }
}

/** Smoothed as in RFC 6298 §2. */
function smoothed(rttMs: number | null, ms: number): number {
  return rttMs === null ? ms : Math.round((7 * rttMs + ms) / 8);
}

/** Up by steps, with time: many small chunks at once prove no more than a large one. */
function trusted(quality: Quality, now: number): Quality {
  if (now - quality.roseAt < TRUST_STEP_MS) return quality;
  return { ...quality, trust: Math.min(quality.trust + TRUST_STEP, 1_000), roseAt: now };
}

/** Down by half, where there is as much as halves it. */
function halved(trust: number, much: number, half: number): number {
  return Math.floor(trust * half / (half + much));
}

function stalled(quality: Quality, ms: number, now: number): Quality {
  const stalledMs = Math.min(quality.stalledMs + ms, FORGET_MS);
  const fallen = { ...quality, trust: halved(quality.trust, ms, STALL_MS), stalledMs };
  // Before anything moved there is no goodput that could fall.
  if (quality.bytesPerS === null) return fallen;
  return { ...fallen, ...goodput(quality, 0, ms), measuredAt: now };
}

function msOf({ ms }: { readonly ms: number }): number {
  return within(ms, 0, TIME_MS_MAX);
}

function bytesOf({ bytes }: { readonly bytes: number }): number {
  return within(bytes, 0, BYTES_MAX);
}
