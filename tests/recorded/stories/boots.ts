/** What a device says of its reboot, from each state in which it may have been told to install. */
import { Pump } from "../pump.ts";
import { booted, digestible, disturbed, request, status, ways } from "../said.ts";
import type { Said } from "../../core/support/stories.ts";
import type { Story } from "../story.ts";

const installing = status("installing");
const rebooting = status("rebooting");
const deferred = status("deferred", { delay_seconds: 600 });
const runsNew = request({ current_version: "2.0.0" });

/** Ways on from a right digest; a deferral may come between. */
const from: Readonly<Record<string, readonly Said[]>> = {
  awaiting_install: [],
  paused: [deferred],
  installing: [installing],
  rebooting: [rebooting],
  confirming: [rebooting, status("booted")],
};

/** The device says that after each of those ways, and so the task ends. */
async function endsAfterEachWay(d: Pump, last: Said, end: string): Promise<void> {
  for (const way of Object.values(from)) {
    await d.brings("awaiting_install");
    await d.says(...way, last);
    d.is(end);
  }
}

export const bootStories: readonly Story[] = [
  {
    name: "booted_from_each_state",
    async tell(b) {
      const d = await Pump.of(b);
      await endsAfterEachWay(d, booted("2.0.0"), "succeeded #1");
      // A request tells as much.
      for (const state of ["rebooting", "confirming"] as const) {
        await d.brings(state);
        await d.says(runsNew);
        d.is("succeeded #1");
      }
    },
  },
  {
    name: "booted_another_version",
    async tell(b) {
      const d = await Pump.of(b);
      await endsAfterEachWay(d, booted("1.9.0"), "rolled_back #1 other_version");
    },
  },
  {
    name: "rolled_back_from_each_state",
    async tell(b) {
      const d = await Pump.of(b);
      await endsAfterEachWay(d, status("rolled_back"), "rolled_back #1 device_rolled_back");
    },
  },
  {
    name: "booted_without_a_version",
    async tell(b) {
      const d = await Pump.of(b);
      await d.brings("awaiting_install", { retries: 10 });
      for (const [state, way] of Object.entries(from)) {
        if (state === "confirming") continue;
        await d.says(...way, status("booted"));
        d.is("confirming");
        await d.says(status("failed"), ...ways.awaiting_install);
      }
      await d.says(rebooting, request());
      d.is("confirming");
      // Said already.
      await d.says(status("booted"), request(), runsNew);
      d.is("succeeded #5");
    },
  },
  {
    name: "heard_after_a_reboot",
    async tell(b) {
      const d = await Pump.of(b);
      await d.brings("rebooting");
      await d.listens();
      d.is("confirming #1");
      await d.says(booted("2.0.0"));
      d.is("succeeded #1");
    },
  },
  {
    name: "goes_on_to_install_from_a_pause",
    async tell(b) {
      const d = await Pump.of(b);
      for (const word of [installing, rebooting]) {
        await d.brings("awaiting_install");
        await d.says(deferred);
        // It has the image: to fetch again, or to speak of progress, means nothing now.
        await d.fetches(0);
        await d.isRefused("wrong_phase", ["progress", { received: 10 }]);
        await d.says(word);
        d.is(word === installing ? "installing #1" : "rebooting #1");
        await d.says(booted("2.0.0"));
      }
    },
  },
  {
    name: "reported_from_each_state",
    async tell(b) {
      const d = await Pump.of(b);
      for (const word of [installing, rebooting]) {
        await d.brings("offered", { completion: "reported", retries: 10 });
        for (const state of digestible) {
          await d.says(...ways[state], word);
          d.is(word === installing ? "installing" : "rebooting");
          await d.says(status("failed"));
        }
        await d.isCancelled();
      }
    },
  },
  {
    name: "reported_success_from_each_state",
    async tell(b) {
      const d = await Pump.of(b);
      for (const state of digestible) {
        await d.brings(state, { completion: "reported" });
        await d.says(booted("2.0.0"));
        d.is("succeeded");
      }
    },
  },
  {
    name: "seen_from_each_state",
    async tell(b) {
      const d = await Pump.of(b);
      for (const state of [...disturbed, "installing"] as const) {
        await d.brings(state, { completion: "seen" });
        await d.says(runsNew);
        d.is("succeeded");
        await d.says(request({ current_version: "1.0.0" }));
      }
      // It ran already when it was its turn.
      await d.order("2.0.0", { completion: "seen" });
      await d.says(runsNew);
      d.is("succeeded #1");
    },
  },
];
