/**
 * Who may have bytes now, and who comes back when: a rate for each device and one for the fleet. What a
 * device began it may finish: the whole rest of an image is granted at once. Whoever must wait is given
 * a time of its own, at which its bytes are kept for it: those who wait come back one after the other,
 * at the pace at which they can be served. One that never comes back wastes its own share alone.
 */
import { GRANTS_MAX } from "../protocol/limits.ts";
import { delayOf, spread } from "./virtual_time.ts";

/** Bytes per second; without one there is no limit. */
export interface FairShareOptions {
  /** What a device may fetch for long; it may always fetch one whole image at once. */
  readonly deviceBytesPerS?: number | undefined;
  /** What the fleet may fetch together. */
  readonly fleetBytesPerS?: number | undefined;
  /** Devices of which anything is remembered, at most. */
  readonly devicesMax?: number;
}

/** Bytes of an image that a device asks for: `[from, end)` of `size`. */
export interface Wanted {
  readonly device: string;
  readonly image: string;
  readonly from: number;
  readonly end: number;
  readonly size: number;
}

/** The bytes of one image that are kept for a device, and what it took of them. */
interface Grant {
  readonly image: string;
  /** From then on. */
  readonly at: number;
  /** It lapses then, unless it is used. */
  until: number;
  /** Bytes that were given out, or are on their way. */
  taken: number;
  /** So many of them the fleet's rate has paid for. */
  paid: number;
}

/** The fleet may be ahead of its rate by so much. */
const FLEET_BURST_MS = 1_000;
/** A device may be ahead of its rate by so much, or by one image. */
const DEVICE_BURST_MS = 10_000;
/** Many clients do not know Retry-After: those that look once a day find their bytes the next day. */
const GRANT_MS = 26 * 3_600_000;
/**
 * A grant is for an image so many times: cuts and failed attempts are not to wait again, or the time
 * of the task runs out meanwhile. Whoever comes later waits for what was fetched more than once.
 */
const TIMES_MAX = 4;
/** Nobody is sent away for longer at once. */
const WAIT_S_MAX = 86_400;

/** The shares of all devices. Times are milliseconds of any clock that never goes back. */
export class FairShare {
  readonly #device: number | undefined;
  readonly #fleet: number | undefined;
  /** In the order in which they were made. */
  readonly #grants = new Map<string, Grant>();
  /** When each device will have paid for what it took, at its rate. */
  readonly #paidAt = new Map<string, number>();
  /** The same of all of them, what is kept for those who wait among it. */
  #fleetPaidAt = 0;
  readonly #devicesMax: number;

  constructor(
    { deviceBytesPerS, fleetBytesPerS, devicesMax = GRANTS_MAX }: FairShareOptions,
  ) {
    this.#device = deviceBytesPerS;
    this.#fleet = fleetBytesPerS;
    this.#devicesMax = devicesMax;
  }

  /** Seconds after which to ask again; 0: the device takes them now, and `end` must follow. */
  begin(wanted: Wanted, now: number): number {
    if (this.#device === undefined && this.#fleet === undefined) return 0;
    const waitMs = this.#waitMs(wanted, now);
    if (waitMs > 0) return Math.min(Math.ceil(waitMs / 1000), WAIT_S_MAX);
    const { device, from, end } = wanted;
    const grant = this.#grants.get(device);
    if (grant) grant.taken += end - from;
    this.#charge(device, end - from, now);
    return 0;
  }

  /** The device is given no more of what it began; `sent` bytes it was given. */
  end({ device, image, from, end }: Wanted, sent: number, now: number): void {
    const unsent = end - from - sent;
    const paidAt = this.#paidAt.get(device);
    if (this.#device !== undefined && paidAt !== undefined) {
      this.#paidAt.set(device, paidAt - delayOf(unsent, this.#device));
    }
    const grant = this.#grants.get(device);
    if (grant?.image !== image) return;
    grant.taken = Math.max(0, grant.taken - unsent);
    grant.until = Math.max(grant.until, now + GRANT_MS);
    if (grant.taken <= grant.paid) return;
    this.#pay(grant.taken - grant.paid, now);
    grant.paid = grant.taken;
  }

  #waitMs(wanted: Wanted, now: number): number {
    const grant = this.#grants.get(wanted.device);
    // A device has one place, whatever it asks for meanwhile, and however often.
    if (grant && grant.at > now) return grant.at - now;
    if (grant && covers(grant, wanted, now)) return 0;
    return this.#deviceWaitMs(wanted, now) || this.#fleetWaitMs(wanted, now);
  }

  #deviceWaitMs({ device, from, size }: Wanted, now: number): number {
    if (this.#device === undefined) return 0;
    const burstMs = Math.max(DEVICE_BURST_MS, delayOf(size, this.#device));
    const aheadMs = Math.max(0, (this.#paidAt.get(device) ?? 0) - now);
    const waitMs = aheadMs + delayOf(size - from, this.#device) - burstMs;
    // Devices that were updated together would come back together.
    return waitMs > 0 ? waitMs + spread(device, waitMs / 4) : 0;
  }

  /** Grants the rest of the image, from when on the fleet's rate says. */
  #fleetWaitMs({ device, image, from, size }: Wanted, now: number): number {
    const behindMs = this.#fleet === undefined ? 0 : this.#fleetPaidAt - FLEET_BURST_MS - now;
    if (!this.#makeRoom(device, now)) return Math.max(1, behindMs + spread(device, behindMs / 4));
    const old = this.#grants.get(device);
    const rest = old && now < old.until ? Math.max(0, old.paid - old.taken) : 0;
    const bytes = Math.max(0, size - from - rest);
    const at = bytes > 0 ? now + Math.max(0, behindMs) : now;
    this.#pay(bytes, now);
    // Behind the others: the map is in the order of the times.
    this.#grants.delete(device);
    this.#grants.set(device, { image, at, until: at + GRANT_MS, taken: 0, paid: size - from });
    return at - now;
  }

  /** Bounded: the place of whoever waits is never given away, those who come too many have none. */
  #makeRoom(device: string, now: number): boolean {
    if (this.#grants.size < this.#devicesMax || this.#grants.has(device)) return true;
    const [oldest] = this.#grants;
    return oldest![1].at <= now && this.#grants.delete(oldest![0]);
  }

  #pay(bytes: number, now: number): void {
    if (this.#fleet === undefined) return;
    this.#fleetPaidAt = Math.max(now, this.#fleetPaidAt) + delayOf(bytes, this.#fleet);
  }

  #charge(device: string, bytes: number, now: number): void {
    if (this.#device === undefined) return;
    const paidAt = Math.max(now, this.#paidAt.get(device) ?? 0);
    this.#paidAt.delete(device);
    this.#paidAt.set(device, paidAt + delayOf(bytes, this.#device));
    if (this.#paidAt.size <= this.#devicesMax) return;
    const [oldest] = this.#paidAt.keys();
    this.#paidAt.delete(oldest!);
  }
}

function covers({ image, until, taken }: Grant, wanted: Wanted, now: number): boolean {
  const { from, end, size } = wanted;
  return image === wanted.image && now < until && taken + end - from <= TIMES_MAX * size;
}
