/**
 * Who may have which bytes, on the lane: in full for the first range of a download, as any route does
 * it; at once for the others, where the engine sees that nothing changed.
 */
import { identify } from "../callers.ts";
import { announce, DeviceDownload } from "../images/device_download.ts";
import type { Taker } from "../images/device_download.ts";
import { imageAnswer } from "../images/image_answer.ts";
import type { DatedImage, ImageAnswer } from "../images/image_answer.ts";
import { mayFetch } from "../images/image_response.ts";
import { Cache } from "../../../core/engine/mod.ts";
import type { Image } from "../../../core/engine/mod.ts";
import type { HttpDeps } from "../route.ts";
import type { LaneHead } from "./head.ts";

/** What to answer. */
export interface Admitted {
  readonly image: Image;
  readonly answer: ImageAnswer;
  /** Whose bytes they are, if they are a device's. */
  readonly download?: DeviceDownload | undefined;
}

interface Login extends Taker {
  readonly tokenSha256: string;
}

/** Those whose credentials were checked are known again by the field they came in. */
const LOGINS_MAX = 10_000;
/** There are endless ways to write the same credentials; what is kept of them is small. */
const CREDENTIALS_MAX = 512;
const IMAGES_MAX = 1_000;

/** Admits requests. */
export class Admission {
  readonly #deps: HttpDeps;
  readonly #logins = new Cache<Login>(LOGINS_MAX);
  readonly #images = new Cache<DatedImage>(IMAGES_MAX);

  constructor(deps: HttpDeps) {
    this.#deps = deps;
  }

  /** At once, when it goes on with a download that is on record. */
  further(head: LaneHead, connection: number): Admitted | undefined {
    const login = this.#logins.get(head.authorization);
    const image = login && this.#images.get(head.sha256);
    const answer = image && !head.isHead ? imageAnswer(image, head) : undefined;
    if (!answer || answer.status >= 300) return undefined;
    const { device, tokenSha256 } = login!;
    const download = DeviceDownload.begin(this.#deps, login!, image!, answer, connection);
    if (typeof download === "number") return undefined;
    const { sha256 } = head;
    const { range } = download;
    if (!this.#deps.engine.goesOn({ device, tokenSha256, sha256, range })) {
      return void download.end("cut");
    }
    return { image: image!, answer, download };
  }

  /** After all checks; `undefined`: somebody else is to say why not. */
  async first(head: LaneHead, connection: number): Promise<Admitted | undefined> {
    const deps = this.#deps;
    const caller = await identify(deps, head.authorization);
    const found = await mayFetch({ deps, caller }, head.sha256)
      ? await deps.reads.image(head.sha256)
      : undefined;
    const image = found && await deps.uploads.dated(found);
    const answer = image && imageAnswer(image, head);
    if (!answer || answer.status === 416) return undefined;
    if (caller.kind !== "device" || head.isHead || answer.status === 304) return { image, answer };
    const { id: device, tokenSha256 } = caller;
    const login = { device, tokenSha256, heardAt: -Infinity };
    const download = DeviceDownload.begin(deps, login, image, answer, connection);
    // It is told by the application when to come back.
    if (typeof download === "number") return undefined;
    await announce(deps, download, device, head.sha256);
    if (head.authorization.length <= CREDENTIALS_MAX) this.#logins.set(head.authorization, login);
    this.#images.set(head.sha256, image);
    return { image, answer, download };
  }
}
