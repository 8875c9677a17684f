/** How a device had better fetch: what was measured, as facts have it, and what stands recommended. */
import type { FactData } from "../log/mod.ts";
import { firstRecommendation, recommend } from "../network/mod.ts";
import type { Measured, Quality, Recommendation } from "../network/mod.ts";
import type { Message, Transport } from "../protocol/mod.ts";
import type { Device } from "./state.ts";

type MeasuredQuality = FactData<"NetworkMeasured">["http"];

/** The recommendation that stands for the device. */
export function standingOf({ network, transport = "http" }: Device): Recommendation {
  return network ?? firstRecommendation(transport);
}

/** What is to stand instead, now that this was measured; `undefined`: what stands. */
export function recommended(
  device: Device,
  data: FactData<"NetworkMeasured">,
  at: number,
): Recommendation | undefined {
  const standing = standingOf(device);
  const next = recommend(standing, measuredIn(device, data), at);
  return next === standing ? undefined : next;
}

/**
 * What changes with a device that asks for another transport: as if nothing were measured, but for how
 * often it went to and fro, which is not to be had anew.
 */
export function wishing(
  { network }: Device,
  transport: Transport,
): Pick<Device, "transport" | "network"> {
  if (!network) return { transport };
  const { at, switchedAt, hops } = network;
  return { transport, network: { ...firstRecommendation(transport), at, switchedAt, hops } };
}

/** It, as the device is told. */
export function transportMessage(device: Device): Message {
  const { transport, chunkBytes, inFlight, heartbeatS, reason } = standingOf(device);
  return {
    kind: "transport",
    payload: {
      transport,
      chunk_size: chunkBytes / 1024,
      chunk_bytes: chunkBytes,
      chunks_in_flight: inFlight,
      heartbeat_seconds: heartbeatS,
      reason,
    },
  };
}

/** What was measured, as data of a fact. */
export function measuredData(
  { http, mqtt, isListening }: Omit<Measured, "home">,
): FactData<"NetworkMeasured"> {
  return { http: dataOf(http), mqtt: dataOf(mqtt), listening: isListening };
}

/** What was measured, from the fact of a device. */
function measuredIn(
  { transport: home = "http" }: Device,
  { http, mqtt, listening: isListening }: FactData<"NetworkMeasured">,
): Measured {
  return { http: qualityOf(http), mqtt: qualityOf(mqtt), isListening, home };
}

function dataOf(quality: Quality): MeasuredQuality {
  const { rttMs, bytesPerS, steadyBytesPerS } = quality;
  return {
    ...(rttMs === null ? {} : { rtt_ms: rttMs }),
    ...(bytesPerS === null ? {} : { bytes_per_s: bytesPerS }),
    ...(steadyBytesPerS === null ? {} : { steady_bytes_per_s: steadyBytesPerS }),
    trust: quality.trust,
    stalled_ms: quality.stalledMs,
    observed_at: quality.at,
    measured_at: quality.measuredAt,
    rose_at: quality.roseAt,
    cut_at: quality.cutAt,
  };
}

function qualityOf(data: MeasuredQuality): Quality {
  return {
    rttMs: data.rtt_ms ?? null,
    bytesPerS: data.bytes_per_s ?? null,
    steadyBytesPerS: data.steady_bytes_per_s ?? null,
    trust: data.trust,
    stalledMs: data.stalled_ms,
    at: data.observed_at,
    measuredAt: data.measured_at,
    roseAt: data.rose_at,
    cutAt: data.cut_at,
  };
}
