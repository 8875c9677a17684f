/** How a fleet ended: a table, and whether each device ended as it must. */
import { bytesText, table } from "./terminal.ts";

/** How an upgrade ended for a device, and what it took. */
export interface DeviceEnd {
  readonly outcome: string;
  readonly stats: {
    readonly attempts: number;
    readonly bytesFetched: number;
    readonly cuts: number;
  };
}

/** How it ended for the engine. */
export interface FleetEnd {
  readonly id: string;
  /** What is special about the device. */
  readonly trait: string;
  /** The state that its task ended in. */
  readonly state: string;
  /** The version it is known to run. */
  readonly version: string;
  readonly stats: DeviceEnd["stats"];
  /** The state that its task must end in; left out: it is honest, and must run the new version. */
  readonly ends?: string;
}

/** Whether the device ended as it must; `version` is the new one. */
export function isAsItMust({ state, ends, version: runs }: FleetEnd, version: string): boolean {
  if (ends === undefined) return state === "succeeded" && runs === version;
  return state === ends && runs !== version;
}

/** A line for each device, and one for each kind of them. */
export function summary(fleet: readonly FleetEnd[], version: string): string {
  const rows = fleet.map((end) => [
    end.id,
    end.state,
    end.version,
    `${end.stats.attempts}`,
    bytesText(end.stats.bytesFetched),
    `${end.stats.cuts}`,
    isAsItMust(end, version) ? end.trait : `${end.trait} (must be ${end.ends ?? "succeeded"})`,
  ]);
  const heading = ["device", "ended", "runs", "attempts", "fetched", "cuts", "trait"];
  return [table([heading, ...rows]), "", ...verdict(fleet, version)].join("\n");
}

function verdict(fleet: readonly FleetEnd[], version: string): string[] {
  const honest = fleet.filter(({ ends }) => ends === undefined);
  const others = fleet.filter(({ ends }) => ends !== undefined);
  const right = (ends: readonly FleetEnd[]) => ends.filter((end) => isAsItMust(end, version));
  const lines = [`Honest devices that run ${version}: ${share(right(honest), honest)}`];
  if (others.length === 0) return lines;
  const asTheyMust = `${share(right(others), others)} (${tally(others)})`;
  return [...lines, `Misbehaving devices that ended as they must: ${asTheyMust}`];
}

function share(some: readonly unknown[], all: readonly unknown[]): string {
  return `${some.length} of ${all.length}`;
}

/** `2 rolled_back, 1 lost` */
function tally(fleet: readonly FleetEnd[]): string {
  const states = new Map<string, number>();
  for (const { state } of fleet) states.set(state, (states.get(state) ?? 0) + 1);
  return [...states].map(([state, count]) => `${count} ${state}`).join(", ");
}
