/** Whose turn it is: priorities, what must yield and comes again. */
import { imageOf } from "../../core/support/stories.ts";
import { Pump } from "../pump.ts";
import { digest, disturbed, part, request, right, status, whole } from "../said.ts";
import type { Story } from "../story.ts";

const security = { priority: "security" };

export const turnStories: readonly Story[] = [
  {
    name: "preempted_in_each_state",
    async tell(b) {
      const d = await Pump.of(b);
      await d.listens();
      let patch = 0;
      for (const state of disturbed) {
        await d.brings(state);
        const yielded = d.task;
        const version = `2.0.${++patch}`;
        await d.order(version, { ...security, allow_downgrade: true });
        d.is("queued", yielded);
        d.is("offered #1");
        await d.isCancelled(yielded);
        await d.isCancelled();
      }
    },
  },
  {
    name: "preempted_then_resumed",
    async tell(b) {
      const d = await Pump.of(b);
      await d.listens();
      const first = await d.order("3.0.0", { priority: "low", chunk_size: 4 });
      await d.says(request({ chunk_bytes: 1024 }), part);
      await d.order("2.0.0", security);
      d.is("queued #1 preempted", first);
      await d.confirms();
      await d.isRefused("wrong_task", digest(imageOf("3.0.0")));
      await d.says(whole, right);
      d.is("succeeded #1");
      // It kept its attempt and its bytes.
      d.is("offered #1", first);
      await d.says(["progress", { chunk: 97, total: 98 }], digest(imageOf("3.0.0")));
      d.is("succeeded #1", first);
    },
  },
  {
    name: "nothing_disturbs_an_install",
    async tell(b) {
      const d = await Pump.of(b);
      await d.listens();
      await d.brings("installing");
      const installed = d.task;
      await d.isNotCancelled();
      await d.order("2.0.1", security);
      await d.says(status("rebooting"), status("booted"));
      d.is("confirming #1", installed);
      d.is("queued #1");
      await d.says(status("booted", { version: "2.0.0" }));
      d.is("offered #1");
    },
  },
  {
    name: "merely_more_urgent",
    async tell(b) {
      const d = await Pump.of(b);
      await d.listens();
      const low = await d.order("2.0.0", { priority: "low" });
      // Nobody answered the offer yet.
      const normal = await d.order("2.1.0");
      d.is("queued #1 preempted", low);
      d.is("offered #1", normal);
      await d.says(part);
      await d.says(digest(imageOf("2.1.0")));
      d.is("superseded #1", low);
      const third = await d.order("2.2.0", { priority: "low" });
      await d.says(part);
      // Now somebody has answered: what is merely more urgent waits.
      await d.order("2.3.0");
      await d.comes();
      d.is("downloading #1", third);
      await d.says(digest(imageOf("2.2.0")), part, digest(imageOf("2.3.0")));
      d.is("succeeded #1");
    },
  },
  {
    name: "a_queue_in_its_order",
    async tell(b) {
      const d = await Pump.of(b);
      const low = await d.order("2.1.0", { priority: "low" });
      const first = await d.order("2.2.0");
      const second = await d.order("2.3.0");
      await d.says(request());
      d.is("offered #1", first);
      // An answer was given: what is merely of a higher class waits.
      await d.says(part, digest(imageOf("2.2.0")));
      d.is("superseded #1", low);
      await d.says(request());
      d.is("offered #1", second);
      await d.order("2.4.0", security);
      await d.says(request());
      d.is("queued #1 preempted", second);
      d.is("offered #1");
    },
  },
];
