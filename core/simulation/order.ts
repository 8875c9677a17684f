/** What operators order: mostly something newer, sometimes something that they ought not to. */
import { requestUpgrade } from "../protocol/mod.ts";
import type { RequestUpgrade } from "../protocol/mod.ts";
import { numberOf, PRODUCTS, versionOf, VERSIONS } from "./catalogue.ts";
import type { Build } from "./catalogue.ts";
import type { Random } from "./chance/random.ts";
import type { World } from "./world.ts";

const DAY_S = 86_400;

/** What an operator knows of a device. */
export interface Ordered {
  readonly id: string;
  readonly product: string | null;
  /** Whether it only fetches. */
  readonly isFetcher: boolean;
  readonly flash: { readonly version: string };
}

/** An order, and the version that it needs. */
export interface Order {
  readonly build: Build;
  readonly request: RequestUpgrade;
}

/** An order for the device. */
export function drawOrder(how: Random, device: Ordered, world: World): Order {
  const { id, product, flash, isFetcher } = device;
  const { fate, catalogue } = world;
  const now = numberOf(flash.version);
  const isBack = fate.happens("downgrade", id) !== undefined;
  const target = isBack ? how.between(1, VERSIONS) : Math.min(now + how.between(1, 3), VERSIONS);
  const version = versionOf(target);
  const isOther = fate.happens("otherImage", id) !== undefined;
  const { image } = catalogue.build(isOther ? otherThan(product) : product, version);
  const request = requestUpgrade.parse({
    device_id: id,
    firmware_version: version,
    checksum: `sha256:${image.sha256}`,
    priority: how.pick(["normal", "normal", "low", "security"]),
    completion: how.pick(["verified", "booted", "booted", "reported", "seen"]),
    retries: how.pick([3, 3, 0, 1]),
    expires_in: how.spread(1_800, DAY_S),
    limits: drawLimits(how),
    allow_downgrade: isBack && how.chance(700_000),
    ...(isFetcher ? drawForFetcher(how) : {}),
  });
  return { build: catalogue.build(product, version), request };
}

/** Short ones, so that a simulated day shows what happens when they pass. */
function drawLimits(how: Random): object {
  return {
    offered: how.spread(300, 4 * 3_600),
    downloading: how.spread(120, 1_800),
    downloading_total: how.spread(600, 8 * 3_600),
    paused: how.spread(600, 6 * 3_600),
    awaiting_install: how.spread(600, 6 * 3_600),
    ...(how.chance(300_000) ? { installing: 600, rebooting: 300, confirming: 300 } : {}),
  };
}

/** Nobody waits for a report; but some know no better. */
function drawForFetcher(how: Random): object {
  return {
    completion: how.pick(["seen", undefined, undefined, "verified"]),
    limits: { ...drawLimits(how), rebooting: 900, confirming: how.spread(3_600, 12 * 3_600) },
  };
}

function otherThan(product: string | null): string | null {
  return PRODUCTS.find((other) => other !== product)!;
}
