/** What a virtual device does, as lines for a person. */
import type { DeviceEnd } from "./fleet_summary.ts";
import { switchText } from "./fleet_view.ts";
import type { DeviceEvent } from "./fleet_view.ts";
import { bytesText } from "./terminal.ts";

/** An event as a line, without its end: `stored 512 KiB of 19.1 MiB (2 %)`. */
export function deviceLine(event: DeviceEvent): string {
  switch (event.type) {
    case "chunk":
      return `chunk ${event.index} stored`;
    case "stored": {
      const { received, size } = event;
      const percent = Math.floor(100 * received / Math.max(size, 1));
      return `stored ${bytesText(received)} of ${bytesText(size)} (${percent} %)`;
    }
    case "switch":
      return switchText(event);
    case "state":
      return stateLine(event.state, event.detail);
  }
}

function stateLine(state: string, detail: string | undefined): string {
  if (detail === undefined) return state;
  if (state === "unreachable" || state === "ignored") return `${state}: ${detail}`;
  if (state === "downloading") return `${state}, ${detail}`;
  if (/^(to|for|after) /.test(detail)) return `${state} ${detail}`;
  return `${state} (${detail})`;
}

/** The last line: how it ended and what it took. */
export function deviceEndLine(taskId: string, { outcome, stats }: DeviceEnd): string {
  const attempts = `${stats.attempts} ${stats.attempts === 1 ? "attempt" : "attempts"}`;
  return `task ${taskId} ${outcome}: ${attempts}, ${bytesText(stats.bytesFetched)} fetched`;
}
