/** Images, and what their files say of themselves. */
import assert from "node:assert/strict";
import { toHex } from "../../../core/mod.ts";
import type { ImageHeader } from "../../../core/mod.ts";
import type { UploadedImage } from "../../../core/engine/mod.ts";
import type { Bench } from "../../core/support/bench_engine.ts";
import { SIZE } from "../../core/support/given.ts";
import { imageOf } from "../../core/support/stories.ts";
import type { Story } from "../story.ts";

/** Uploads it; the status of the answer. */
async function upload(
  b: Bench,
  version: string,
  image: Partial<UploadedImage>,
  product: string | null = null,
  ignoresHeader = false,
): Promise<number> {
  const digests = { sha256: toHex(imageOf(version)), size: SIZE, sha1: "00", md5: "00" };
  const named = { version, product, name: `${version}.bin`, ignoresHeader };
  const uploaded = { ...digests, ...image };
  const answer = await b.command({ type: "addFirmware", image: uploaded, ...named });
  return answer.ok ? 201 : answer.problem.status;
}

const esp = (version: string): ImageHeader => ({
  format: "esp",
  project: "pump controller",
  version,
  secure_version: 2,
  chip: "ESP32-C3",
  digest: "6b".repeat(32),
});
const mcuboot: ImageHeader = { format: "mcuboot", version: "3.2.0+7" };

export const imageStories: readonly Story[] = [
  {
    name: "images_say_what_they_are",
    async tell(b) {
      const image = { header: esp("v3.1.0") };
      assert.equal(await upload(b, "3.1.0", image, "valve"), 422);
      assert.equal(await upload(b, "3.0.9", image, "Pump_Controller"), 422);
      assert.equal(await upload(b, "3.1.0", { ...image, claimedSize: SIZE + 1 }), 422);
      assert.equal(await upload(b, "3.1.0", image, "Pump_Controller"), 201);
      assert.equal(await upload(b, "3.2.0", { header: mcuboot, claimedSize: SIZE }), 201);
      assert.equal(await upload(b, "3.3.0", { header: mcuboot }), 422);
      // Somebody knows better.
      assert.equal(await upload(b, "3.3.0", { header: mcuboot }, null, true), 201);
    },
  },
];
