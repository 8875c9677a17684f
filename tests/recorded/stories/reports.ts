/** Reports that come again are answered as the first was. */
import assert from "node:assert/strict";
import { IMAGE, OTHER } from "../../core/support/given.ts";
import { kinds } from "../../core/support/stories.ts";
import { Pump } from "../pump.ts";
import { request, right, status, wrong } from "../said.ts";
import type { Story } from "../story.ts";

export const reportStories: readonly Story[] = [
  {
    name: "repeated_reports",
    async tell(b) {
      const d = await Pump.of(b);
      await d.order();
      const hears = async (...[said, how]: Parameters<typeof d.hears>) =>
        kinds(await d.hears(said, how));
      assert.equal(await hears(request({ id: "r1" })), "metadata");
      assert.equal(await hears(request({ id: "r1" })), "metadata");
      // By its id, by the attempt that it names, by the packet that is sent again.
      const first = { id: "v1", attempt: 1, checksum: OTHER };
      assert.equal(await hears(["verify", first]), "retry");
      assert.equal(await hears(["verify", first]), "retry");
      assert.equal(await hears(["verify", { ...first, id: "v2" }]), "retry");
      const packet = (isRepeat: boolean) => ({ packet: { key: "7:c0ffee", isRepeat } });
      assert.equal(await hears(wrong, packet(false)), "retry");
      await d.outlivesEngine();
      assert.equal(await hears(wrong, packet(true)), "retry");
      d.is("retrying #3 wrong_digest");
      // The same id with something else is the same report; a packet that is not sent again is another.
      assert.equal(await hears(["verify", { id: "v1", checksum: IMAGE }]), "retry");
      assert.equal(await hears(wrong, packet(false)), "retry");
      assert.equal(await hears(right), "success");
      d.is("succeeded #4");
      assert.equal(await hears(["verify", first]), "success");
      assert.equal(await hears(right), "success");
    },
  },
  {
    name: "statuses_that_come_again",
    async tell(b) {
      const d = await Pump.of(b);
      await d.brings("awaiting_install");
      await d.says(right, status("installing"), status("installing"), right);
      await d.says(status("rebooting"), status("rebooting"), status("booted"), status("booted"));
      await d.isRefused("wrong_phase", status("installing"));
      await d.says(status("booted", { version: "2.0.0" }));
      d.is("succeeded #1");
    },
  },
];
