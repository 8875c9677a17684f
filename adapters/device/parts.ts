/** What a device is made of while it has power. */
import type { ReportKind } from "../../core/mod.ts";
import type { Faults } from "./faults.ts";
import type { DeviceLink } from "./link.ts";
import type { DeviceMemory } from "./memory.ts";
import type { DeviceEvent, DeviceOptions } from "./options.ts";
import type { Tally } from "./tally.ts";

/** The parts, made anew at each start but for the faults and the tally. */
export interface Parts {
  readonly options: DeviceOptions;
  readonly memory: DeviceMemory;
  readonly link: DeviceLink;
  /** Sends a report over the link; resolves when the engine has acknowledged it. */
  readonly say: (kind: ReportKind, payload: Readonly<Record<string, unknown>>) => Promise<void>;
  readonly faults: Faults;
  readonly tally: Tally;
  readonly emit: (event: DeviceEvent) => void;
}
