/** The machine's clocks. */
import type { Clock } from "../../core/engine/mod.ts";

/** Wall clock, monotonic clock and timers of this process. */
export const machineClock: Clock = {
  wall: () => Date.now(),
  monotonic: () => performance.now(),
  soon: (call) => void setImmediate(call),
  after: (ms, call) => {
    const timer = setTimeout(call, ms);
    return () => clearTimeout(timer);
  },
};
