/** A check: the client's words become the device's request, and the engine's answer an image. */
import { toHex } from "../../../core/mod.ts";
import type { Image } from "../../../core/engine/mod.ts";
import { Refused } from "../problems.ts";
import type { HttpDeps } from "../route.ts";
import type { Asked } from "./said.ts";

/** An image under the name of its version, as a client is told of it. */
export interface Named {
  readonly version: string;
  readonly image: Image;
}

/** What the device is to fetch, and where. */
export type Offer = Named & { readonly url: string };

/**
 * What the device is to fetch now; `undefined`: nothing.
 *
 * @throws {Refused} when the check cannot be taken: its client asks again.
 */
export async function offerFor(
  { engine, reads }: HttpDeps,
  device: string,
  parsed: Asked,
): Promise<Offer | undefined> {
  engine.heard(device);
  const answer = await engine.submit({
    kind: "report",
    device,
    report: "request",
    parsed,
    via: "fetch",
  });
  if (!answer.ok) throw new Refused(answer.problem.status, answer.problem.detail);
  for (const { message } of answer.messages) {
    if (message.kind !== "metadata") continue;
    const { checksum, version, url } = message.payload;
    const image = await reads.image(toHex(checksum));
    return image && { version, image, url };
  }
  return undefined;
}

/** The release that the device runs, as far as it said or proved one that is known here. */
export async function runningRelease(
  { reads }: HttpDeps,
  device: string,
): Promise<Named | undefined> {
  const state = await reads.device(device);
  const version = state?.version;
  return version ? await reads.firmware(state.product, version) : undefined;
}
