/** What happens to the engine itself: it starts anew, clocks step, the broker is somebody else's. */
import { settle } from "../../core/support/bench_engine.ts";
import { quiet, reach } from "../../core/support/brokered.ts";
import { OTHER } from "../../core/support/given.ts";
import { PUMP } from "../../core/support/stories.ts";
import type { Said } from "../../core/support/stories.ts";
import { Pump } from "../pump.ts";
import { part, progress, request, right, status, whole } from "../said.ts";
import type { Story } from "../story.ts";

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

export const engineStories: readonly Story[] = [
  {
    name: "restarts_in_the_middle",
    async tell(b) {
      const d = await Pump.of(b);
      await d.brings("downloading");
      // It crashes, and is away for a day: that counts for nothing.
      await d.outlivesEngine(24 * HOUR);
      await d.says(progress(60_000));
      d.is("downloading #1");
      // It stops in good order, and the device does not come back.
      await b.engine.stop();
      b.clock.skew += HOUR;
      await b.restart();
      await d.isAfter(30 * SECOND, "paused #1 gone");
      await d.comes();
      await d.says(whole, right);
      await d.outlivesEngine();
      await d.says(
        status("installing"),
        status("rebooting"),
        status("booted", { version: "2.0.0" }),
      );
      d.is("succeeded #1");
    },
  },
  {
    name: "deadlines_after_a_restart",
    async tell(b) {
      const d = await Pump.of(b);
      await d.brings("downloading");
      await d.outlivesEngine(24 * HOUR);
      await d.isAfter(5 * MINUTE - SECOND, "downloading #1");
      await d.isAfter(2 * SECOND, "retrying #2 no_progress");
    },
  },
  {
    name: "clocks_that_step",
    async tell(b) {
      const d = await Pump.of(b);
      await d.brings("downloading");
      // The machine slept: its own silence counts against nobody.
      b.clock.skew += 8 * HOUR;
      await d.says(progress(50_000));
      d.is("downloading #1");
      // Set back by three days: engine time goes on.
      b.clock.skew -= 72 * HOUR;
      await d.says(progress(60_000));
      b.clock.skew += 4 * SECOND;
      await d.says(progress(70_000));
      b.clock.skew += 10 * MINUTE;
      await b.clock.pass(MINUTE);
      await d.says(whole);
      // The next engine finds a clock that is behind the log.
      b.clock.skew -= 24 * HOUR;
      await d.outlivesEngine();
      await d.says(right);
      d.is("awaiting_install #1");
    },
  },
  {
    name: "deadlines_after_a_clock_was_set_back",
    async tell(b) {
      const d = await Pump.of(b);
      await d.brings("downloading");
      await b.clock.pass(14 * MINUTE);
      // It may hide that the machine slept.
      b.clock.skew -= HOUR;
      await d.isAfter(4 * MINUTE, "downloading #1");
      await d.isAfter(2 * MINUTE, "retrying #2 no_progress");
    },
  },
  {
    name: "deadlines_after_a_standstill",
    async tell(b) {
      const d = await Pump.of(b);
      await d.brings("downloading");
      await b.clock.pass(MINUTE);
      await b.clock.freeze(20 * MINUTE);
      await d.isAfter(4 * MINUTE, "downloading #1");
      await d.isAfter(2 * MINUTE, "retrying #2 no_progress");
    },
  },
  {
    name: "a_store_that_fails",
    async tell(b) {
      const d = await Pump.of(b);
      await d.brings("offered");
      b.store.failNext = "before";
      await d.isPutOff(part);
      d.is("offered #1");
      await d.says(part);
      // What is durable all the same is not taken twice, as it is known by its id.
      const verify: Said = ["verify", { id: "v1", checksum: OTHER }];
      b.store.failNext = "after";
      await d.isPutOff(verify);
      await d.says(verify);
      d.is("retrying #2 wrong_digest");
      await d.says(whole, right);
      d.is("awaiting_install #2");
    },
  },
  {
    name: "behind_a_broker",
    options: { isBrokered: true },
    async tell(b) {
      const d = await Pump.of(b);
      await d.order();
      await settle();
      d.is("queued #1");
      await reach(b);
      d.is("offered #1");
      await d.says(part);
      // Only the broker knows that it is gone.
      await d.isAfter(MINUTE, "downloading #1");
      await b.engine.left(PUMP);
      d.is("paused #1 gone");
      b.engine.heard(PUMP);
      await quiet();
      d.is("downloading #1");
      // Nothing counts while the broker is away.
      b.engine.reachable(false);
      await d.isAfter(HOUR, "downloading #1");
      await reach(b);
      await d.isAfter(5 * MINUTE + SECOND, "retrying #2 no_progress");
      await d.says(part, whole, right);
      d.is("succeeded #2");
    },
  },
  {
    name: "many_at_once",
    async tell(b) {
      const names = ["dev-a", "dev-b", "dev-c"];
      const fleet: Pump[] = [];
      for (const name of names) fleet.push(await Pump.of(b, name));
      await Promise.all(fleet.map((d) => d.order()));
      await Promise.all(fleet.map((d) => d.says(request())));
      // Two reports of a device at once.
      await Promise.all(fleet.flatMap((d) => [d.says(whole), d.says(right)]));
      for (const d of fleet) d.is("succeeded #1");
    },
  },
  {
    name: "restored_from_a_backup",
    async tell(b) {
      const d = await Pump.of(b);
      await d.brings("downloading");
      const restore = b.store.backup();
      await d.says(whole, right);
      d.is("awaiting_install #1");
      restore();
      await b.restart();
      d.connects();
      // What it said behind the backup is lost, and is news when it says so again.
      d.is("downloading #1");
      await d.says(whole, right);
      d.is("awaiting_install #1");
      await b.restart();
      d.connects();
      await d.says(status("installing"));
      d.is("installing #1");
    },
  },
  {
    name: "another_version_takes_over",
    options: { version: "0.1.0" },
    async tell(b) {
      const d = await Pump.of(b);
      await d.brings("downloading");
      await b.engine.stop();
      await b.restart("0.2.0");
      d.connects();
      await d.says(request(), whole, right);
      d.is("awaiting_install #1");
    },
  },
];
