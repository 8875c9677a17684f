/**
 * An answer with bytes of an image on its way to a device: bytes that are taken are contact and are
 * counted, and a device that is revoked takes no more.
 */
import type { Image } from "../../../core/engine/mod.ts";
import type { Wanted } from "../../../core/network/mod.ts";
import type { HttpDeps } from "../route.ts";
import { Refused } from "../problems.ts";
import type { UnderWay } from "./downloads.ts";
import { meterOf } from "./meter.ts";
import type { Meter } from "./meter.ts";
import type { ServedEnd } from "../pace.ts";

type Deps = Pick<HttpDeps, "engine" | "downloads" | "share" | "limits" | "offload" | "onServed">;

/** Who takes the bytes, and when that was last told as contact (engine time). */
export interface Taker {
  readonly device: string;
  heardAt: number;
}

interface Bounds {
  readonly start: number;
  /** Behind the last byte. */
  readonly end: number;
}

/** One answer. */
export class DeviceDownload implements UnderWay {
  /** How far it has come. */
  readonly range: Meter;
  readonly #deps: Deps;
  readonly #taker: Taker;
  readonly #wanted: Wanted;
  #refused: Refused | undefined;
  #onRefused: (() => void) | undefined;
  #isEntered = false;

  private constructor(deps: Deps, taker: Taker, wanted: Wanted, connection: number) {
    this.#deps = deps;
    this.#taker = taker;
    this.#wanted = wanted;
    this.range = meterOf(deps, wanted, connection);
  }

  /** Begins with the bytes, if it is the device's turn; if not, the seconds until it is. */
  static begin(
    deps: Deps,
    taker: Taker,
    image: Image,
    { start, end }: Bounds,
    connection: number,
  ): DeviceDownload | number {
    const wanted = {
      device: taker.device,
      image: image.sha256,
      from: start,
      end,
      size: image.size,
    };
    const waitS = deps.share?.begin(wanted, deps.engine.now()) ?? 0;
    return waitS > 0 ? waitS : new DeviceDownload(deps, taker, wanted, connection);
  }

  /** From now on a revocation ends it, and it may itself end the oldest one of its device. */
  enter(): void {
    if (this.#isEntered) return;
    this.#isEntered = true;
    this.#deps.downloads.begin(this.#taker.device, this);
  }

  /** Why the device may not go on; `undefined`: it may. */
  get refused(): Refused | undefined {
    return this.#refused;
  }

  /** Whether somebody else may send its bytes, whom we cannot see do it. */
  get isForOthers(): boolean {
    return !this.#deps.engine.restsOnBytes(this.#taker.device);
  }

  /** Whom to call when the device may not go on. */
  onRefused(call: () => void): void {
    this.#onRefused = call;
  }

  refuse(why: Refused): void {
    this.#refused = why;
    this.#onRefused?.();
  }

  /** The device wants bytes: that is contact, told every now and then. */
  taken(): void {
    const { engine, limits } = this.#deps;
    const now = engine.now();
    if (now - this.#taker.heardAt < limits.heardEveryMs) return;
    this.#taker.heardAt = now;
    engine.heard(this.#taker.device);
  }

  /** So many bytes were handed to the network. */
  given(bytes: number): void {
    this.range.given(bytes);
    this.#deps.onServed(bytes);
  }

  /** It is over. */
  end(how: ServedEnd): void {
    if (this.range.state !== "open") return;
    this.range.end(how);
    const { downloads, share, engine } = this.#deps;
    if (this.#isEntered) downloads.end(this.#taker.device, this);
    share?.end(this.#wanted, this.range.sent, engine.now());
  }
}

/**
 * Tells the engine of a download, which is durable then if it is news.
 *
 * @throws {Refused} 403 when the device may not; 503 when it has begun too many others meanwhile.
 */
export async function announce(
  deps: Deps,
  download: DeviceDownload,
  device: string,
  sha256: string,
): Promise<void> {
  // Before the engine is asked: a revocation beside that must not miss this download.
  download.enter();
  download.taken();
  const { range } = download;
  const answer = await deps.engine.submit({ kind: "artifact", device, sha256, range });
  // A log that cannot be written, or is behind, keeps no bytes from a device that may have them.
  const refused = !answer.ok && answer.problem.status === 403
    ? new Refused(403, answer.problem.detail)
    : download.refused;
  if (!refused) return;
  download.end("cut");
  throw refused;
}
