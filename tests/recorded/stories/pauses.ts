/** Who asks for time, and who is gone, comes back to where it was. */
import { Pump } from "../pump.ts";
import { part, progress, request, right, status, whole, wrong } from "../said.ts";
import type { Story } from "../story.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const deferred = status("deferred", { delay_seconds: 600 });

/** Here a device may ask for time. */
const deferrable = ["offered", "downloading", "verifying", "awaiting_install"] as const;
/** Here it matters that it is gone. */
const leavable = ["downloading", "retrying", "verifying"] as const;

export const pauseStories: readonly Story[] = [
  {
    name: "deferred_until_it_asks",
    async tell(b) {
      const d = await Pump.of(b);
      for (const state of deferrable) {
        await d.brings(state);
        await d.says(deferred);
        // That it is there is no answer.
        await d.listens();
        d.is("paused #1 deferred");
        await d.says(request());
        d.is(`${state} #1`);
        await d.isCancelled();
      }
    },
  },
  {
    name: "deferred_for_ten_minutes",
    async tell(b) {
      const d = await Pump.of(b);
      for (const state of deferrable) {
        await d.brings(state);
        await d.says(deferred);
        await d.isAfter(9 * MINUTE, "paused #1 deferred");
        await d.isAfter(MINUTE + 250, `${state} #1`);
        await d.isCancelled();
      }
    },
  },
  {
    name: "deferred_again",
    async tell(b) {
      const d = await Pump.of(b);
      await d.brings("downloading");
      // An hour, where it does not say how long.
      await d.says(status("deferred"));
      await d.isAfter(HOUR - MINUTE, "paused #1 deferred");
      await d.isAfter(MINUTE + 250, "downloading #1");
      await d.says(status("deferred"));
      await b.clock.pass(HOUR - MINUTE);
      await d.says(deferred);
      await d.isAfter(9 * MINUTE, "paused #1 deferred");
      await d.isAfter(2 * MINUTE, "downloading #1");
      // Who was gone in a retry, and asks for time then, goes back to the retry.
      await d.says(wrong);
      await d.goes();
      d.is("paused #2 gone");
      await d.says(deferred);
      d.connects();
      await d.isAfter(11 * MINUTE, "retrying #2");
      await d.says(whole, right);
    },
  },
  {
    name: "deferred_beyond_the_limit_of_a_pause",
    async tell(b) {
      const d = await Pump.of(b);
      await d.brings("downloading", { limits: { paused: 600 } });
      await d.says(status("deferred", { delay_seconds: 3_600 }));
      await d.isAfter(10 * MINUTE + 250, "held #1 offline");
      await d.says(request());
      d.is("offered #1");
      await d.says(part, whole, right);
    },
  },
  {
    name: "a_pause_is_no_time_of_a_download",
    async tell(b) {
      const d = await Pump.of(b);
      await d.brings("downloading", { limits: { downloading_total: 1_200 } });
      await b.clock.pass(9 * MINUTE);
      await d.says(deferred);
      await d.isAfter(10 * MINUTE + 250, "downloading #1");
      await d.isAfter(10 * MINUTE, "downloading #1");
      await d.isAfter(2 * MINUTE, "retrying #2 too_slow");
    },
  },
  {
    name: "gone_and_back",
    async tell(b) {
      const d = await Pump.of(b);
      for (const state of leavable) {
        await d.brings(state);
        await d.goes();
        d.is("paused");
        await d.comes();
        d.is(state);
        await d.says(right, status("failed"));
        await d.isCancelled();
      }
    },
  },
  {
    name: "gone_and_asks",
    async tell(b) {
      const d = await Pump.of(b);
      for (const state of leavable) {
        await d.brings(state);
        await d.goes();
        d.connects();
        await d.says(request({ resume_from: 512 }));
        d.is(state);
        await d.isCancelled();
      }
    },
  },
  {
    name: "gone_and_goes_on",
    async tell(b) {
      const d = await Pump.of(b);
      await d.brings("downloading");
      const away = async () => {
        await d.goes();
        d.is("paused #1 gone");
        d.connects();
      };
      await away();
      await d.fetches(40_000);
      d.is("downloading #1");
      await away();
      await d.says(progress(45_000));
      d.is("downloading #1");
      await away();
      await d.says(whole);
      d.is("verifying #1");
      await away();
      await d.says(right);
      d.is("awaiting_install #1");
      // From here on silence says nothing before its limit.
      await d.goes();
      d.is("awaiting_install #1");
    },
  },
];
