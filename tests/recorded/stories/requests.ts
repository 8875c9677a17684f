/** What a device asks for: its own version, where it goes on, the firmware of its product. */
import { toHex } from "../../../core/mod.ts";
import { addFirmware } from "../../core/support/bench_engine.ts";
import { imageOf } from "../../core/support/stories.ts";
import { Pump } from "../pump.ts";
import { digest, progress, request, right, ways, whole } from "../said.ts";
import type { Story } from "../story.ts";

export const requestStories: readonly Story[] = [
  {
    name: "asks_by_itself",
    async tell(b) {
      const d = await Pump.of(b);
      await addFirmware(b, "2.1.0", toHex(imageOf("2.1.0")));
      await d.says(request({ current_version: "1.0.0", version: "3.0.0" }));
      await d.says(request({ version: "2.0.0", resume_from: 30_000, id: "wish-1" }));
      // The same wish once more is no other task.
      await d.says(request({ version: "2.0.0", id: "wish-1" }), progress(70_000), whole, right);
      // It has that, and what is older is no news.
      await d.says(request({ version: "2.0.0" }), request({ version: "1.5.0" }));
      await d.says(request({ version: "2.1.0", transport: "http" }), digest(imageOf("2.1.0")));
    },
  },
  {
    name: "asks_by_itself_and_is_denied",
    options: { deviceRequests: "deny" },
    async tell(b) {
      const d = await Pump.of(b);
      await d.says(request({ current_version: "1.0.0", version: "2.0.0" }));
      await d.order();
      await d.says(request({ version: "9.9.9" }), right);
      d.is("succeeded #1");
    },
  },
  {
    name: "wishes_in_each_state",
    async tell(b) {
      const d = await Pump.of(b);
      for (const [nth, state] of (Object.keys(ways) as (keyof typeof ways)[]).entries()) {
        await d.brings(state, { chunk_size: 4 });
        await d.says(request({ resume_from: 1_000 + nth, chunk_bytes: 512 << (nth % 3) }));
        // Said again, it is no news.
        await d.says(request({ resume_from: 1_000 + nth, chunk_bytes: 512 << (nth % 3) }));
        if (nth < 6) await d.isCancelled();
        else await d.says(["status", { status: "booted", version: "2.0.0" }]);
      }
    },
  },
  {
    name: "begins_again_in_the_middle",
    async tell(b) {
      const d = await Pump.of(b);
      await d.brings("verifying");
      // It lost what it had.
      await d.says(progress(20_000), progress(10_000), whole, progress(99_999), right);
      d.is("awaiting_install #1");
    },
  },
  {
    name: "two_products",
    async tell(b) {
      const names: [version: string, product: string | null][] = [
        ["2.1.0", "Pump P4"],
        ["2.1.0", "Valve V2"],
        ["2.2.0", null],
      ];
      for (const [version, product] of names) {
        await addFirmware(b, version, imageFor(version, product), 50_000, product);
      }
      const pump = await Pump.of(b, "pump-8", { product: "Pump P4", tags: ["hall 3"] });
      const valve = await Pump.of(b, "valve-1");
      await pump.says(request({ current_version: "2.0.0", version: "2.1.0", product: "Valve V2" }));
      await pump.says(digest(`sha256:${imageFor("2.1.0", "Pump P4")}`));
      await valve.says(request({ current_version: "2.0.0", product: "Valve V2", hardware: "B" }));
      await valve.says(request({ version: "2.1.0", hardware: "C" }));
      await valve.says(digest(`sha256:${imageFor("2.1.0", "Valve V2")}`));
      // What is of no product is for everybody.
      await pump.says(request({ version: "2.2.0" }), digest(`sha256:${imageFor("2.2.0", null)}`));
      await valve.says(request({ version: "2.2.0" }), digest(`sha256:${imageFor("2.2.0", null)}`));
    },
  },
];

function imageFor(version: string, product: string | null): string {
  return toHex(imageOf(`${version} ${product}`));
}
