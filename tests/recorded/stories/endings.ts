/** What ends a task that is not an image that arrived: somebody's word, from each state. */
import type { Bench } from "../../core/support/bench_engine.ts";
import { imageOf } from "../../core/support/stories.ts";
import { Pump } from "../pump.ts";
import { active, booted, digest, disturbed, request, right, status, undisturbed } from "../said.ts";
import type { Story } from "../story.ts";

/** A device and a task that was ordered for it and must wait. */
async function waiting(d: Pump): Promise<void> {
  await d.order();
  d.is("queued #1");
}

/** An offer that the device left unanswered for a day. */
async function held(d: Pump, { clock }: Bench): Promise<void> {
  await d.order("2.0.0", { limits: { offered: 60 } });
  await d.says(request());
  await clock.pass(61_000);
  d.is("held #1 offline");
}

/** Every state before the install. */
const early = ["queued", "held", ...disturbed] as const;

/** A task of the device comes into the state. */
async function comesTo(state: typeof early[number], d: Pump, b: Bench): Promise<void> {
  if (state === "queued") await waiting(d);
  else if (state === "held") await held(d, b);
  else await d.brings(state);
}

export const endingStories: readonly Story[] = [
  {
    name: "cancelled_in_each_state",
    async tell(b) {
      const d = await Pump.of(b);
      await waiting(d);
      await d.isCancelled();
      d.is("cancelled #1 cancelled_by_operator");
      await held(d, b);
      await d.isCancelled();
      for (const state of disturbed) {
        await d.brings(state);
        await d.isCancelled();
        d.is("cancelled");
      }
    },
  },
  {
    name: "revoked_before_the_install",
    async tell(b) {
      for (const state of early) {
        const d = await Pump.of(b, `pump-${state}`);
        await comesTo(state, d, b);
        await d.isRevoked();
        d.is(`cancelled #${state === "retrying" ? 2 : 1} device_revoked`);
      }
    },
  },
  {
    name: "revoked_after_the_install_began",
    async tell(b) {
      for (const state of undisturbed) {
        const d = await Pump.of(b, `pump-${state}`);
        await d.brings(state);
        await d.order("2.1.0");
        await d.isRevoked();
        d.is("cancelled #1 device_revoked");
        await d.isShutOut();
      }
    },
  },
  {
    name: "rejected_in_each_state",
    async tell(b) {
      const d = await Pump.of(b);
      for (const state of disturbed) {
        await d.brings(state);
        await d.says(status("rejected", { reason: "The driver has to approve of it." }));
        d.is("rejected");
      }
    },
  },
  {
    name: "failed_in_each_state",
    async tell(b) {
      const d = await Pump.of(b);
      for (const state of active) {
        await d.brings(state, { retries: state === "retrying" ? 1 : 0 });
        await d.says(status("failed"));
        d.is(`failed #${state === "retrying" ? 2 : 1} device_failed`);
      }
    },
  },
  {
    name: "superseded_in_each_state",
    async tell(b) {
      const newer = request({ current_version: "3.0.0" });
      for (const state of early) {
        const d = await Pump.of(b, `pump-${state}`);
        await comesTo(state, d, b);
        await d.says(newer);
        d.is("superseded");
      }
    },
  },
  {
    name: "superseded_by_what_came_before",
    async tell(b) {
      const d = await Pump.of(b);
      // It must yield, and then has no use any more.
      await d.listens();
      await d.brings("downloading", { priority: "low" });
      const yielded = d.task;
      await d.order("3.0.0", { priority: "security" });
      d.is("queued #1 preempted", yielded);
      await d.says(digest(imageOf("3.0.0")));
      d.is("succeeded #1");
      d.is("superseded #1 newer_version", yielded);
      // Nobody allowed to go back.
      await d.order("2.0.0");
      d.is("superseded #1 newer_version");
      await d.order("2.0.0", { allow_downgrade: true });
      await d.says(request(), right);
      d.is("succeeded #1");
      // The device itself shows that it went back.
      await d.says(request({ current_version: "1.0.0" }));
      await d.brings("rebooting");
      await d.says(booted("1.0.0"));
      d.is("rolled_back #1");
    },
  },
];
