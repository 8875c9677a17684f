/** What does not fit is refused, and changes nothing. */
import assert from "node:assert/strict";
import { addFirmware } from "../../core/support/bench_engine.ts";
import { IMAGE, OTHER, SIZE } from "../../core/support/given.ts";
import type { Said } from "../../core/support/stories.ts";
import { Pump } from "../pump.ts";
import {
  booted,
  chunks,
  digest,
  digestible,
  part,
  progress,
  request,
  right,
  status,
  undisturbed,
  whole,
  wrong,
} from "../said.ts";
import type { Reached } from "../said.ts";
import type { Story } from "../story.ts";

const installs = [status("installing"), status("rebooting"), status("booted"), booted("2.0.0")];
const declines = [status("deferred"), status("rejected")];

/** Words that mean nothing in the state, of a task that needs to boot. */
const outOfPlace: Readonly<Record<Reached, readonly Said[]>> = {
  offered: [...installs, status("rolled_back")],
  downloading: [...installs, status("rolled_back")],
  paused: [...installs, status("rolled_back")],
  retrying: [...installs, status("rolled_back"), status("deferred")],
  verifying: [...installs, status("rolled_back")],
  awaiting_install: [part, wrong, chunks(OTHER, 0)],
  installing: [part, wrong, ...declines],
  rebooting: [part, wrong, status("installing"), ...declines],
  confirming: [part, wrong, status("installing"), status("rebooting"), ...declines],
};

export const refusalStories: readonly Story[] = [
  {
    name: "refused_reports",
    async tell(b) {
      const d = await Pump.of(b);
      for (const payload of ["{", "[]", '{"received":1,"percent":1}']) {
        await d.isRefused("malformed", ["progress", payload]);
      }
      // One refusal in ten seconds is on record, with the number of those left out.
      for (let n = 0; n < 3; n++) await d.hears(part);
      await d.isRefused("no_task", part);
      await d.order();
      await d.isRefused("no_task", whole);
      await d.isRefused("wrong_phase", ["progress", { task_id: d.task, received: 1 }]);
      await d.says(request());
      await d.isRefused("unknown_task", ["progress", { task_id: "OTA_20200101_001", received: 1 }]);
      await d.isRefused("out_of_range", progress(SIZE + 1), request({ chunk_bytes: 3 }));
      await d.isRefused("out_of_range", ["verify", { attempt: 2, checksum: IMAGE }]);
      await d.says(right);
      await d.isRefused("ended", ["progress", { task_id: d.task, received: 1 }]);
    },
  },
  {
    name: "out_of_place_before_the_digest",
    async tell(b) {
      const d = await Pump.of(b);
      for (const state of digestible) {
        await d.brings(state);
        await d.isRefused("wrong_phase", ...outOfPlace[state]);
        d.is(state);
        await d.isCancelled();
      }
    },
  },
  {
    name: "out_of_place_after_the_digest",
    async tell(b) {
      const d = await Pump.of(b);
      await d.brings("awaiting_install");
      await d.isRefused("wrong_phase", ...outOfPlace.awaiting_install);
      await d.isCancelled();
      for (const state of undisturbed) {
        await d.brings(state);
        await d.isRefused("wrong_phase", ...outOfPlace[state]);
        await d.isNotCancelled();
        d.is(state);
        await d.says(booted("2.0.0"));
      }
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
    name: "refused_orders",
    async tell(b) {
      const d = await Pump.of(b);
      const upgrade = async (more: object) => {
        const answer = await b.upgrade("pump-7", more);
        return answer.ok ? 202 : answer.problem.status;
      };
      assert.equal(await upgrade({ firmware_version: "9.9.9" }), 404);
      assert.equal(await upgrade({ checksum: OTHER }), 409);
      // A version names one image for ever.
      assert.ok(!(await addFirmware(b, "2.0.0", "77".repeat(32))).ok);
      assert.ok((await addFirmware(b, "2.0.0", IMAGE.slice("sha256:".length))).ok);
      await d.order();
      // It brings this image already.
      assert.equal(await upgrade({}), 409);
      await d.says(request(), right);
      d.is("succeeded #1");
      assert.equal(await upgrade({}), 202);
      await d.isRevoked();
      assert.equal(await upgrade({}), 409);
    },
  },
];
