/** How long each state may last, as the limits are unless an operator says otherwise. */
import { IMAGE } from "../../core/support/given.ts";
import { Pump } from "../pump.ts";
import { part, progress, request, right, whole } from "../said.ts";
import type { Story } from "../story.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** The timer of deadlines never sleeps shorter than this. */
const TICK = 250;

export const limitStories: readonly Story[] = [
  {
    name: "offers_that_nobody_answers",
    async tell(b) {
      const d = await Pump.of(b);
      await d.brings("offered", { expires_in: 3 * 86_400 });
      await d.isAfter(DAY + TICK, "held #1 offline");
      await d.says(request());
      d.is("offered #1");
      await b.clock.pass(DAY + TICK);
      await d.isAfter(DAY, "timed_out #1 expired");
    },
  },
  {
    name: "orders_that_wait_too_long",
    async tell(b) {
      const d = await Pump.of(b);
      await d.order("2.0.0", { expires_in: 3_600 });
      await d.isAfter(HOUR + TICK, "timed_out #1 expired");
      await d.brings("offered", { expires_in: 7_200, priority: "low" });
      const yielded = d.task;
      await d.order("2.1.0");
      await d.says(request());
      d.is("queued #1 preempted", yielded);
      await d.isAfter(2 * HOUR, "timed_out #1 expired", yielded);
      d.is("offered #1");
    },
  },
  {
    name: "downloads_that_stop",
    async tell(b) {
      const d = await Pump.of(b);
      await d.brings("downloading");
      for (const next of [2, 3, 4]) {
        await d.isAfter(15 * MINUTE + TICK, `retrying #${next} no_progress`);
        await d.says(part);
      }
      await d.isAfter(15 * MINUTE + TICK, "timed_out #4 no_progress");
      // Too late.
      await d.isRefused("ended", ["verify", { task_id: d.task, checksum: IMAGE }]);
    },
  },
  {
    name: "downloads_that_are_too_slow",
    async tell(b) {
      const d = await Pump.of(b);
      await d.brings("downloading", { retries: 1, limits: { downloading_total: 3_000 } });
      for (const end of ["retrying #2 too_slow", "timed_out #2 too_slow"]) {
        // The same again is no progress; a few bytes more are.
        for (const more of [10, 10, 20, 20, 30, 30, 40]) {
          await b.clock.pass(7 * MINUTE);
          await d.says(progress(50_000 + more));
        }
        await d.isAfter(MINUTE, end);
        if (end.startsWith("retrying")) await d.fetches(0);
      }
    },
  },
  {
    name: "an_outage_is_no_time_of_a_download",
    async tell(b) {
      const d = await Pump.of(b);
      await d.brings("downloading", { limits: { downloading_total: 1_800 } });
      await b.clock.pass(10 * MINUTE);
      await d.says(progress(50_000));
      await d.outlivesEngine(2 * HOUR);
      for (const more of [60_000, 70_000]) {
        await d.says(progress(more));
        await b.clock.pass(9 * MINUTE);
      }
      d.is("downloading #1");
      await d.isAfter(2 * MINUTE, "retrying #2 too_slow");
    },
  },
  {
    name: "downloads_that_trickle",
    async tell(b) {
      const d = await Pump.of(b);
      await d.brings("downloading", { limits: { downloading_total: 900 } });
      // A little more is on record after half a minute.
      for (const more of [1, 2, 3, 4, 5, 6]) {
        await b.clock.pass(12_000);
        await d.says(progress(40_000 + more));
      }
      // Sooner where the limit without progress would be met meanwhile.
      await d.isCancelled();
      await d.brings("downloading", { limits: { downloading: 20 } });
      for (const more of [1, 2, 3, 4]) {
        await b.clock.pass(8_000);
        await d.says(progress(40_000 + more));
      }
      d.is("downloading #1");
    },
  },
  {
    name: "downloads_that_go_on_in_silence",
    async tell(b) {
      const d = await Pump.of(b);
      await d.order();
      await d.says(request());
      await d.fetches(0);
      d.is("downloading #1");
      // Asks for more after half of the limit: enough to know that it lives.
      await b.clock.pass(8 * MINUTE);
      await d.fetches(10_000);
      await d.fetches(20_000);
      // Takes the bytes of one long answer.
      const long = await d.fetches(30_000);
      await b.clock.pass(14 * MINUTE);
      d.takes(long, 30_000);
      await d.isAfter(10 * MINUTE, "downloading #1");
      await d.isAfter(6 * MINUTE, "retrying #2 no_progress");
    },
  },
  {
    name: "retries_that_nobody_begins",
    async tell(b) {
      const d = await Pump.of(b);
      await d.brings("retrying", { retries: 2 });
      await d.isAfter(15 * MINUTE + TICK, "retrying #3 silent");
      await d.isAfter(15 * MINUTE + TICK, "timed_out #3 silent");
    },
  },
  {
    name: "digests_that_nobody_reports",
    async tell(b) {
      const d = await Pump.of(b);
      await d.brings("verifying", { retries: 1 });
      await d.isAfter(15 * MINUTE + TICK, "retrying #2 silent");
      await d.says(whole);
      await d.isAfter(15 * MINUTE + TICK, "timed_out #2 silent");
    },
  },
  {
    name: "pauses_that_last_too_long",
    async tell(b) {
      const d = await Pump.of(b);
      await d.brings("downloading");
      await d.goes();
      await d.isAfter(7 * DAY + TICK, "held #1 offline");
      await d.comes();
      d.is("offered #1");
      await d.says(request({ resume_from: 40_000 }), whole, right);
      d.is("awaiting_install #1");
    },
  },
  {
    name: "installs_that_never_begin",
    async tell(b) {
      const d = await Pump.of(b);
      await d.brings("awaiting_install");
      await d.isAfter(7 * DAY + TICK, "timed_out #1 silent");
    },
  },
  {
    name: "installs_that_end_in_silence",
    async tell(b) {
      const d = await Pump.of(b);
      await d.brings("installing");
      await d.isAfter(30 * MINUTE + TICK, "failed #1 silent");
      await d.brings("rebooting");
      await d.isAfter(15 * MINUTE + TICK, "lost #1 silent");
      await d.brings("confirming");
      await d.isAfter(10 * MINUTE + TICK, "failed #1 silent");
      await d.says(request());
    },
  },
];
