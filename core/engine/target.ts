/** What an upgrade is made of: the image, and the device that is to run it. */
import type { Device } from "../device/state.ts";
import type { UpgradeTarget } from "../upgrade/policy.ts";
import type { Image, Release } from "./ports.ts";

/** The upgrade of the device to that release; `number` is the task's. */
export function targetOf(
  device: Device,
  { release, image }: { readonly release: Release; readonly image: Image },
  number: number,
): UpgradeTarget {
  return {
    number,
    size: image.size,
    product: release.product,
    knownBy: knownBy(image),
    isFetchOnly: device.fetchOnly ?? false,
    isUnheard: device.lastContactAt === 0,
  };
}

/** The digests by which clients know an image, where they know nothing of the one of the whole file. */
function knownBy({ md5, header }: Image): string[] {
  return [`md5:${md5}`, ...(header?.digest === undefined ? [] : [`sha256:${header.digest}`])];
}
