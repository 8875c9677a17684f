/** Bytes that do not move, and what is recommended then. */
import { Pump } from "../pump.ts";
import { progress, request, right } from "../said.ts";
import type { Story } from "../story.ts";

const SECOND = 1_000;

export const networkStories: readonly Story[] = [
  {
    name: "http_that_stands_still",
    async tell(b) {
      const d = await Pump.of(b);
      await d.listens();
      await d.order();
      d.takes(await d.fetches(0), 40_000);
      await d.isAfter(20 * SECOND, "downloading #1");
      // What stands recommended is in the next offer.
      await d.says(request(), progress(60_000));
      await d.says(right);
      d.is("succeeded");
    },
  },
  {
    name: "http_that_is_cut_again_and_again",
    async tell(b) {
      const d = await Pump.of(b);
      await d.listens();
      await d.order();
      for (let n = 0; n < 6; n++) {
        d.takes(await d.fetches(n * 1_000, n), 1_000, "cut");
        await b.clock.pass(SECOND);
      }
      // Whoever asks for another way knows better.
      await d.says(request({ transport: "mqtt" }), request({ transport: "http" }));
      await d.says(right);
    },
  },
  {
    name: "mqtt_that_is_gone",
    async tell(b) {
      const d = await Pump.of(b);
      await d.listens();
      await d.order();
      await d.says(request({ transport: "mqtt" }));
      d.takes(await d.fetches(0), 40_000);
      await d.goes();
      d.is("paused #1 gone");
      await d.comes();
      await d.says(request(), right);
      d.is("succeeded");
    },
  },
];
