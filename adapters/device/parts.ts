/** What a device is made of while it has power. */
import type { ReportKind } from "../../core/mod.ts";
import type { Advice } from "./advice.ts";
import type { Choice } from "./choice.ts";
import type { Faults } from "./faults.ts";
import type { DeviceLink } from "./link.ts";
import type { Mail } from "./mail.ts";
import type { DeviceMemory } from "./memory.ts";
import type { DeviceEvent, DeviceOptions, Mode } from "./options.ts";
import type { Tally } from "./tally.ts";

/** The parts, made anew at each start but for the faults and the tally. */
export interface Parts {
  readonly options: DeviceOptions;
  /** What it does by which transport: the options' until a switch. */
  readonly mode: Mode;
  readonly memory: DeviceMemory;
  readonly link: DeviceLink;
  /** Sends a report over the link; resolves when the engine has acknowledged it. */
  readonly say: (kind: ReportKind, payload: Readonly<Record<string, unknown>>) => Promise<void>;
  readonly faults: Faults;
  readonly tally: Tally;
  /** What the engine recommends. */
  readonly advice: Advice;
  /** By which transport the bytes come. */
  readonly choice: Choice;
  /** What comes for whoever fetches. */
  readonly mail: Mail;
  readonly emit: (event: DeviceEvent) => void;
}
