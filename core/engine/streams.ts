/**
 * What each fact does, whatever its stream: the one step that the running engine and a replay share.
 */
import { stepDevice } from "../device/fold.ts";
import type { DeviceStep } from "../device/fold.ts";
import type { Device } from "../device/state.ts";
import { deviceFacts, imageFacts } from "../log/mod.ts";
import type { DeviceFact, Fact, FactOf, Outcome } from "../log/mod.ts";
import { toHex } from "../protocol/mod.ts";
import type { Models } from "./ports.ts";

/** What a step led to: the outcome that goes into the row, and the read models that follow. */
export interface StreamStep {
  readonly outcome: Outcome;
  readonly models: Models;
}

const nothing: Outcome = { effects: [], moves: [] };

/** Whether the fact belongs to a device's stream. */
export function isDeviceFact(fact: Fact): fact is DeviceFact {
  return Object.hasOwn(deviceFacts, fact.type);
}

/** Whether the fact belongs to an image's stream. */
export function isImageFact(
  fact: Fact,
): fact is FactOf<"ImageUploaded"> | FactOf<"ReleaseNamed"> {
  return Object.hasOwn(imageFacts, fact.type);
}

/** Steps a device; `undefined`: the fact changes nothing and is not recorded. */
export function stepDeviceStream(
  device: Device | undefined,
  fact: DeviceFact,
): StreamStep & { step: DeviceStep } | undefined {
  const step = stepDevice(device, fact);
  if (!step.accepted) return undefined;
  const { moves, effects } = step;
  return {
    outcome: { effects, moves },
    models: { device: step.device, tasks: step.tasks },
    step,
  };
}

/** The read models of a fact about an image. */
export function stepImageStream(
  fact: FactOf<"ImageUploaded"> | FactOf<"ReleaseNamed">,
): StreamStep {
  if (fact.type === "ImageUploaded") {
    const { image, size, sha1, md5, header } = fact.data;
    const about = { size, sha1, md5, ...(header ? { header } : {}) };
    return { outcome: nothing, models: { image: { sha256: toHex(image), ...about } } };
  }
  const { product = null, version, header_ignored, artifacts } = fact.data;
  const sha256 = artifacts[0]!.sha256;
  const ignored = header_ignored ? { headerIgnored: true as const } : {};
  return {
    outcome: nothing,
    models: { release: { product, version, sha256, namedAt: fact.at, ...ignored } },
  };
}

/** The engine's own facts lead to nothing else. */
export function stepEngineStream(): StreamStep {
  return { outcome: nothing, models: {} };
}
