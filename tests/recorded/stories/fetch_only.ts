/** Clients that only fetch and check: what is concluded from their silence, and what they say after all. */
import assert from "node:assert/strict";
import { IMAGE, OTHER } from "../../core/support/given.ts";
import { kinds } from "../../core/support/stories.ts";
import type { Bench } from "../../core/support/bench_engine.ts";
import type { Said } from "../../core/support/stories.ts";
import { Pump } from "../pump.ts";
import { chunks, digestible, part, request, right, status, whole, wrong } from "../said.ts";
import type { Story } from "../story.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const old = { running: `md5:${"0a".repeat(16)}` };
const runsMd5 = { running: `md5:${"00".repeat(16)}` };

/** 2.0.0 is ordered for a client that is known to only fetch, which is given all of it. */
async function isGivenAll(d: Pump, more: object = {}): Promise<void> {
  await d.checks(old);
  await d.order("2.0.0", more);
  await d.checks(old);
  await d.fetchesAll();
  d.is("downloading #1");
}

/** Where a device may be whose silence was taken for a reboot, and how it came there. */
const silences: Readonly<Record<string, (b: Bench, d: Pump) => Promise<void>>> = {
  rebooting: async (_, d) => void await d.checks(old),
  confirming: async (b, d) => {
    await d.checks(old);
    await b.clock.pass(16 * MINUTE);
  },
};

/** It says that in each of those states, and so its task goes on; it may have so many retries. */
async function speaksUp(b: Bench, d: Pump, said: Said, then: string, retries = 3): Promise<void> {
  for (const [state, silent] of Object.entries(silences)) {
    await isGivenAll(d, { retries });
    await silent(b, d);
    d.is(`${state} #1`);
    await d.says(said);
    d.is(then);
    // So that the next one is the only one.
    await d.checks({ running: IMAGE });
  }
}

export const fetchOnlyStories: readonly Story[] = [
  {
    name: "seen_by_its_next_check",
    async tell(b) {
      const d = await Pump.of(b);
      await isGivenAll(d);
      await d.goes();
      d.is("rebooting #1");
      await d.isAfter(15 * MINUTE, "confirming #1");
      d.connects();
      await b.clock.pass(6 * HOUR);
      assert.equal(kinds(await d.checks(runsMd5)), "success idle");
      d.is("succeeded #1");
      // It counts as told with the check after that.
      assert.equal(kinds(await d.checks(runsMd5)), "idle");
    },
  },
  {
    name: "ordered_before_its_first_check",
    async tell(b) {
      const d = await Pump.of(b);
      await d.order("2.0.0");
      assert.equal(kinds(await d.checks({ current_version: "1.0.0" })), "metadata");
      await d.fetchesAll();
      await d.goes();
      d.is("rebooting #1");
      await d.isAfter(15 * MINUTE, "confirming #1");
      assert.equal(kinds(await d.checks({ current_version: "2.0.0" })), "success idle");
      d.is("succeeded #1");
    },
  },
  {
    name: "came_back_with_the_old_image",
    async tell(b) {
      const d = await Pump.of(b);
      await isGivenAll(d, { retries: 1 });
      await d.checks(old);
      d.is("rebooting #1");
      // Perhaps the end of it did not arrive: it is given it again, and that is no fact.
      assert.equal(kinds(await d.checks(old)), "metadata");
      await d.fetchesAll();
      await d.isAfter(16 * MINUTE, "confirming #1");
      assert.equal(kinds(await d.checks({})), "idle");
      assert.equal(kinds(await d.checks(old)), "retry metadata");
      d.is("retrying #2 old_image");
      await d.fetchesAll();
      await d.checks(old);
      await d.isAfter(16 * MINUTE, "confirming #2");
      await d.checks({ current_version: "1.0.0" });
      d.is("failed #2 old_image");
    },
  },
  {
    name: "never_seen_again",
    async tell(b) {
      const d = await Pump.of(b);
      await isGivenAll(d);
      await d.goes();
      await d.isAfter(15 * MINUTE, "confirming #1");
      await d.isAfter(7 * DAY - MINUTE, "confirming #1");
      await d.isAfter(MINUTE, "lost #1 silent");
    },
  },
  {
    name: "given_all_of_it_and_then_silent",
    async tell(b) {
      const d = await Pump.of(b);
      for (const ways of [[], [whole]]) {
        await isGivenAll(d);
        await d.says(...ways);
        await d.isAfter(16 * MINUTE, "rebooting #1");
        await d.checks(runsMd5);
        await isGivenAll(d);
        await d.says(...ways);
        await d.goes();
        d.is("rebooting #1");
        d.connects();
        await d.checks(runsMd5);
        await isGivenAll(d);
        await d.says(...ways);
        await d.checks(old);
        d.is("rebooting #1");
        // Whoever does nothing but fetch is not heard by listening.
        await d.listens();
        d.is("rebooting #1");
        await d.checks(runsMd5);
        d.is("succeeded #1");
      }
      // Half of it is not all of it.
      await d.order();
      await d.checks(old);
      d.takes(await d.fetches(0, 99), 50_000, "cut");
      await d.goes();
      d.is("paused #1 gone");
    },
  },
  {
    name: "speaks_after_it_was_silent",
    async tell(b) {
      const d = await Pump.of(b);
      await speaksUp(b, d, right, "awaiting_install #1");
      await speaksUp(b, d, chunks(IMAGE, 0), "awaiting_install #1");
      await speaksUp(b, d, part, "downloading #1");
      await speaksUp(b, d, whole, "verifying #1");
      await speaksUp(b, d, status("rejected"), "rejected #1 device_rejected");
    },
  },
  {
    name: "has_it_wrong_after_it_was_silent",
    async tell(b) {
      const d = await Pump.of(b);
      await speaksUp(b, d, wrong, "retrying #2 wrong_digest");
      await speaksUp(b, d, chunks(OTHER, 0), "retrying #2 bad_chunks");
      await speaksUp(b, d, wrong, "failed #1 wrong_digest", 0);
      await speaksUp(b, d, chunks(OTHER, 0), "failed #1 bad_chunks", 0);
    },
  },
  {
    name: "wishes_while_it_is_silent",
    async tell(b) {
      const d = await Pump.of(b);
      for (const [state, silent] of Object.entries(silences)) {
        await isGivenAll(d);
        await silent(b, d);
        await d.says(request({ resume_from: 512, chunk_bytes: 4_096 }));
        d.is(`${state} #1`);
        await d.checks(runsMd5);
      }
    },
  },
  {
    name: "old_image_where_a_digest_is_needed",
    async tell(b) {
      const d = await Pump.of(b);
      await isGivenAll(d, { completion: "verified", retries: 1 });
      await d.goes();
      d.is("paused #1 gone");
      assert.equal(kinds(await d.checks(old)), "metadata");
      // It says nothing of what it runs, or runs the image: it is given no other.
      for (const said of [{}, runsMd5]) assert.equal(kinds(await d.checks(said)), "idle");
      d.is("paused #1 gone");
      for (const next of ["retrying #2 old_image", "failed #2 old_image"]) {
        await b.clock.pass(15 * MINUTE);
        await d.checks(old);
        d.is(next);
        d.connects();
        if (next.startsWith("retrying")) await d.fetchesAll();
        await d.goes();
      }
    },
  },
  {
    name: "runs_the_image_already",
    async tell(b) {
      const d = await Pump.of(b);
      for (const state of digestible) {
        await d.brings(state, { completion: "verified" });
        // What else it may be known by is no digest of all that was stored.
        if (state === "offered") {
          await d.says(request(runsMd5), request({ current_version: "2.0.0" }));
          d.is("offered #1");
        }
        await d.says(request({ running: IMAGE }));
        d.is("succeeded");
      }
      await d.brings("rebooting");
      await d.says(request({ running: IMAGE }));
      d.is("succeeded #1");
    },
  },
];
