/** A digest is taken in each state before the image is verified, whether or not we saw a download. */
import { IMAGE, OTHER } from "../../core/support/given.ts";
import { Pump } from "../pump.ts";
import { chunks, digestible, part, right, status, ways, whole, wrong } from "../said.ts";
import type { Story } from "../story.ts";

const badChunks = chunks(OTHER, 0);
/** Some chunks are named, and the whole is right all the same. */
const rightOfChunks = chunks(IMAGE, 0);

/** How an attempt comes into the state, and so does the one after an attempt that failed. */
const again = { ...ways, retrying: [] };

export const digestStories: readonly Story[] = [
  {
    name: "wrong_digest_in_each_state",
    async tell(b) {
      const d = await Pump.of(b);
      for (const said of [wrong, badChunks]) {
        await d.brings("offered", { retries: 5 });
        let attempt = 1;
        for (const state of digestible) {
          await d.says(...again[state], said);
          d.is(`retrying #${++attempt} ${said === wrong ? "wrong_digest" : "bad_chunks"}`);
        }
        await d.says(right);
        await d.isCancelled();
      }
    },
  },
  {
    name: "right_digest_in_each_state",
    async tell(b) {
      const d = await Pump.of(b);
      for (const said of [right, rightOfChunks]) {
        await d.brings("offered", { retries: 10 });
        for (const state of digestible) {
          await d.says(...again[state], said);
          d.is("awaiting_install");
          await d.says(status("failed", { reason: "no room to install" }));
          d.is("retrying");
        }
        await d.isCancelled();
      }
    },
  },
  {
    name: "success_in_each_state",
    async tell(b) {
      const d = await Pump.of(b);
      for (const said of [right, rightOfChunks]) {
        for (const state of digestible) {
          await d.brings(state, { completion: "verified" });
          await d.says(said);
          d.is("succeeded");
        }
      }
    },
  },
  {
    name: "last_wrong_digest_in_each_state",
    async tell(b) {
      const d = await Pump.of(b);
      for (const said of [wrong, badChunks]) {
        for (const state of digestible) {
          await d.brings(state, { retries: state === "retrying" ? 1 : 0 });
          await d.says(said);
          d.is("failed");
        }
      }
    },
  },
  {
    name: "failed_attempts",
    async tell(b) {
      const d = await Pump.of(b);
      const failed = status("failed");
      await d.brings("offered", { retries: 9 });
      await d.says(failed);
      for (
        const way of [
          [],
          [part],
          [whole],
          [part, status("deferred")],
          [right],
          [right, status("installing")],
          [right, status("rebooting")],
          [right, status("booted")],
        ]
      ) {
        await d.says(...way, failed);
        d.is("retrying");
      }
      d.is("retrying #10 device_failed");
      await d.says(failed);
      d.is("failed #10 device_failed");
    },
  },
];
