/** Reports that do not fit, and those that come again. */
import assert from "node:assert/strict";
import { IMAGE, OTHER, SIZE } from "../../core/support/given.ts";
import { kinds } from "../../core/support/stories.ts";
import { Pump } from "../pump.ts";
import { digest, part, progress, request, right, status, whole, wrong } from "../said.ts";
import type { Story } from "../story.ts";

const SECOND = 1_000;

export const reportStories: readonly Story[] = [
  {
    name: "refused_reports",
    async tell(b) {
      const d = await Pump.of(b);
      // One refusal in ten seconds is on record, with the number of those left out.
      for (const said of ["{", "[]", '{"received":1,"percent":1}']) {
        await d.isRefused("malformed", ["progress", said]);
      }
      await b.clock.pass(10 * SECOND);
      await d.isRefused("no_task", part);
      await d.order();
      await b.clock.pass(10 * SECOND);
      await d.isRefused("no_task", whole);
      await b.clock.pass(10 * SECOND);
      await d.isRefused("wrong_phase", ["progress", { task_id: d.task, received: 1 }]);
      await d.says(request());
      await b.clock.pass(10 * SECOND);
      await d.isRefused("wrong_phase", status("installing"));
      await b.clock.pass(10 * SECOND);
      await d.isRefused("unknown_task", ["progress", { task_id: "OTA_20200101_001", received: 1 }]);
      await b.clock.pass(10 * SECOND);
      await d.isRefused("out_of_range", progress(SIZE + 1));
      await d.isRefused("out_of_range", request({ chunk_bytes: 3 }));
      await d.isRefused("out_of_range", ["verify", { attempt: 2, checksum: IMAGE }]);
      await d.says(right);
      await b.clock.pass(10 * SECOND);
      await d.isRefused("ended", ["progress", { task_id: d.task, received: 1 }]);
    },
  },
  {
    name: "the_digest_of_another_task",
    async tell(b) {
      const d = await Pump.of(b);
      await d.order("2.0.0", { priority: "low" });
      const waiting = d.task;
      await d.order("2.1.0");
      await d.says(request());
      d.is("offered #1");
      await d.isRefused("wrong_task", digest(IMAGE));
      await d.isRefused("wrong_phase", ["verify", { task_id: waiting, checksum: IMAGE }]);
      await d.isCancelled();
      await d.says(request(), digest(IMAGE));
      d.is("succeeded #1", waiting);
    },
  },
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
      await b.restart();
      d.connects();
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
