/** Upgrades that come to their end: with everything in order, after a cut, after what went wrong. */
import assert from "node:assert/strict";
import { IMAGE, OTHER, SIZE } from "../../core/support/given.ts";
import { kinds } from "../../core/support/stories.ts";
import { Pump } from "../pump.ts";
import { booted, chunks, part, progress, request, right, status, whole, wrong } from "../said.ts";
import type { Story } from "../story.ts";

export const upgradeStories: readonly Story[] = [
  {
    name: "upgrade",
    async tell(b) {
      const d = await Pump.of(b);
      await d.order();
      await d.listens();
      d.is("offered #1");
      await d.confirms();
      const answer = await d.fetches(0);
      d.is("downloading #1");
      for (const sent of [20_000, 40_000, 60_000, 80_000]) {
        d.takes(answer, sent);
        // A little more is no news.
        await d.says(progress(sent), progress(sent + 1));
      }
      d.takes(answer, SIZE, "complete");
      await d.says(whole, right);
      d.is("succeeded #1");
      await d.confirms();
      assert.equal(kinds(await d.hears(request())), "idle");
    },
  },
  {
    name: "upgrade_over_http",
    async tell(b) {
      const d = await Pump.of(b);
      await d.order("2.0.0", { completion: "booted" });
      const says = async (...reports: Parameters<typeof d.hears>[0][]) => {
        for (const said of reports) await d.hears(said, { via: "http" });
      };
      // A device that reports has what it was told before.
      await says(request({ current_version: "1.0.0", chunk_bytes: 5 * 1024 }), part, whole, right);
      d.is("awaiting_install #1");
      await says(status("installing"), status("rebooting"), booted("2.0.0"));
      d.is("succeeded #1");
      await says(request());
    },
  },
  {
    name: "resumed_after_a_cut",
    async tell(b) {
      const d = await Pump.of(b);
      await d.order();
      await d.listens();
      const cut = await d.fetches(0);
      await d.says(progress(45_000));
      d.takes(cut, 50_000, "cut");
      await d.goes();
      d.is("paused #1 gone");
      await d.comes();
      d.is("downloading #1");
      await d.says(request({ resume_from: 45_000 }));
      d.takes(await d.fetches(45_000, 2), SIZE - 45_000, "complete");
      await d.says(whole, right);
      d.is("succeeded #1");
    },
  },
  {
    name: "fetched_twice",
    async tell(b) {
      const d = await Pump.of(b);
      await d.order();
      await d.says(request());
      const stalled = await d.fetches(0);
      await b.clock.pass(30_000);
      d.takes(stalled, 60_000, "stalled");
      // It lost what it had, and begins again.
      d.takes(await d.fetches(0, 2), SIZE, "complete");
      await d.says(whole, wrong);
      d.is("retrying #2 wrong_digest");
      d.takes(await d.fetches(0, 2), SIZE, "complete");
      await d.says(whole, right);
      d.is("succeeded #2");
    },
  },
  {
    name: "three_retries_then_failed",
    async tell(b) {
      const d = await Pump.of(b);
      await d.order();
      await d.says(request({ current_version: "1.0.0" }));
      for (const next of ["retrying #2", "retrying #3", "retrying #4", "failed #4"]) {
        await d.says(part, whole, wrong);
        d.is(`${next} wrong_digest`);
      }
      await d.confirms();
      await d.isRefused("no_task", part);
      await d.says(request());
    },
  },
  {
    name: "bad_chunks_are_fetched_again",
    async tell(b) {
      const d = await Pump.of(b);
      await d.order("2.0.0", { chunk_size: 4 });
      await d.says(request({ chunk_bytes: 4096 }), whole, chunks(OTHER, 7, 3, 7));
      d.is("retrying #2 bad_chunks");
      for (const chunk of [3, 7]) d.takes(await d.fetches(chunk * 4_096), 4_096, "complete");
      await d.says(whole, chunks(OTHER, 24));
      // Chunks of another size: what is bad is not known any more.
      await d.says(request({ chunk_bytes: 1024 }), whole, right);
      d.is("succeeded #3");
      await d.order("2.1.0", { chunk_size: 4 });
      // More than are kept apart count as a wrong digest; one that is none is refused.
      await d.says(request({ chunk_bytes: 256 }));
      await d.isRefused("out_of_range", chunks(OTHER, 391));
      await d.says(chunks(OTHER, ...Array.from({ length: 1_025 }, () => 5)));
      d.is("retrying #2 wrong_digest");
    },
  },
  {
    name: "booted_after_a_reboot",
    async tell(b) {
      const d = await Pump.of(b);
      await d.order("2.0.0", { completion: "booted" });
      await d.listens();
      await d.says(part, whole, right);
      d.is("awaiting_install #1");
      await d.confirms();
      await d.says(status("installing"), status("rebooting"));
      await d.goes();
      d.is("rebooting #1");
      await d.comes();
      d.is("confirming #1");
      await d.says(booted("2.0.0"));
      d.is("succeeded #1");
    },
  },
  {
    name: "rolled_back_after_a_reboot",
    async tell(b) {
      const d = await Pump.of(b);
      await d.order("2.0.0", { completion: "booted" });
      await d.says(request({ current_version: "1.0.0" }), whole, right);
      await d.says(status("installing"), status("rebooting"), booted("1.0.0"));
      d.is("rolled_back #1 other_version");
      await d.order("2.0.0", { completion: "booted" });
      await d.says(request(), right, status("rebooting"));
      await d.says(status("rolled_back", { reason: "The watchdog did not like it." }));
      d.is("rolled_back #1 device_rolled_back");
    },
  },
  {
    name: "stored_already",
    async tell(b) {
      const d = await Pump.of(b);
      await d.order("2.0.0");
      await d.says(request(), ["verify", { checksum: IMAGE, bad_chunks: [], id: "v1" }]);
      d.is("succeeded #1");
      // The right digest once more is answered once more.
      assert.equal(kinds(await d.hears(right)), "success");
    },
  },
];
