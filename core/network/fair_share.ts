/**
 * Who may have bytes now, and who comes back when: a rate for each device and one for the fleet. What a
 * device began it may finish: the whole rest of an image is granted at once. Whoever must wait is given
 * a time of its own, at which its bytes are kept for it: those who wait come back one after the other,
 * at the pace at which they can be served.
 */
import { GRANTS_MAX } from "../protocol/limits.ts";
import { delayOf, spread } from "./virtual_time.ts";

/** Bytes per second; without one there is no limit. */
export interface FairShareOptions {
  /** What a device may fetch for long; it may always fetch one whole image at once. */
  readonly deviceBytesPerS?: number | undefined;
  /** What the fleet may fetch together. */
  readonly fleetBytesPerS?: number | undefined;
}

/** Bytes of an image that a device asks for: `[from, end)` of `size`. */
export interface Wanted {
  readonly device: string;
  readonly image: string;
  readonly from: number;
  readonly end: number;
  readonly size: number;
}

/** Bytes that are kept for a device. */
interface Grant {
  readonly image: string;
  /** From then on. */
  readonly at: number;
  left: number;
}

/** The fleet may be ahead of its rate by so much. */
const FLEET_BURST_MS = 1_000;
/** A device may be ahead of its rate by so much, or by one image. */
const DEVICE_BURST_MS = 10_000;
/** A grant that is not used up lapses then: many clients only look once in an hour. */
const GRANT_MS = 2 * 3_600_000;
/** Nobody is sent away for longer. */
const WAIT_S_MAX = 86_400;

/** The shares of all devices. Times are milliseconds of any clock that never goes back. */
export class FairShare {
  readonly #device: number | undefined;
  readonly #fleet: number | undefined;
  readonly #grants = new Map<string, Grant>();
  /** When each device will have paid for what it took, at its rate. */
  readonly #paidAt = new Map<string, number>();
  /** The same of all of them, what is kept for those who wait among it. */
  #fleetPaidAt = 0;

  constructor({ deviceBytesPerS, fleetBytesPerS }: FairShareOptions) {
    this.#device = deviceBytesPerS;
    this.#fleet = fleetBytesPerS;
  }

  /** Seconds after which to ask again; 0: they are kept for the device now, until it takes them. */
  waitS(wanted: Wanted, now: number): number {
    const ms = this.#deviceWait(wanted, now) || this.#fleetWait(wanted, now);
    return Math.min(Math.ceil(ms / 1000), WAIT_S_MAX);
  }

  /** The device takes what it asked for. */
  take({ device, from, end }: Wanted, now: number): void {
    const grant = this.#grants.get(device);
    if (grant) grant.left -= end - from;
    if (this.#device === undefined) return;
    const paidAt = Math.max(now, this.#paidAt.get(device) ?? 0);
    keep(this.#paidAt, device, paidAt + delayOf(end - from, this.#device));
  }

  #deviceWait({ device, size }: Wanted, now: number): number {
    if (this.#device === undefined) return 0;
    const burstMs = Math.max(DEVICE_BURST_MS, delayOf(size, this.#device));
    const waitMs = (this.#paidAt.get(device) ?? 0) - burstMs - now;
    // Devices that were updated together would come back together.
    return waitMs > 0 ? waitMs + spread(device, waitMs / 4) : 0;
  }

  #fleetWait({ device, image, from, end, size }: Wanted, now: number): number {
    if (this.#fleet === undefined) return 0;
    const known = this.#grants.get(device);
    const isOpen = known?.image === image && now < known.at + GRANT_MS;
    if (isOpen && (known.at > now || known.left >= end - from)) return Math.max(0, known.at - now);
    const bytes = isOpen ? end - from : size - from;
    const at = Math.max(now, this.#fleetPaidAt - FLEET_BURST_MS);
    this.#fleetPaidAt = Math.max(now, this.#fleetPaidAt) + delayOf(bytes, this.#fleet);
    keep(this.#grants, device, { image, at, left: bytes });
    return at - now;
  }
}

/** Bounded: whoever came longest ago is forgotten, and begins anew. */
function keep<T>(map: Map<string, T>, device: string, value: T): void {
  map.delete(device);
  map.set(device, value);
  if (map.size <= GRANTS_MAX) return;
  const oldest = map.keys().next();
  if (!oldest.done) map.delete(oldest.value);
}
