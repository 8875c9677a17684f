/** What a device keeps when it loses power. */
import type { Outgoing } from "../network/link.ts";

/** Where a device is with its task. */
export type Phase = "fetching" | "checking" | "installing" | "booted";

/** A task in a device's flash. */
export interface Job {
  readonly task: string;
  attempt: number;
  readonly version: string;
  /** Hexadecimal digits. */
  readonly sha256: string;
  readonly size: number;
  /** Bytes stored. */
  stored: number;
  /** What was stored is not what was sent. */
  isCorrupt: boolean;
  /** It will say the right digest whatever it has stored. */
  isLie: boolean;
  phase: Phase;
  /** The version that came up after the reboot. */
  booted?: string;
}

/** The flash of a device. */
export interface Flash {
  /** The version it runs. */
  version: string;
  /** The image of it, hexadecimal digits. */
  image: string;
  /** What it logs in with, by its SHA-256. */
  token: string;
  job: Job | undefined;
  /** Reports that were not taken yet, the oldest first. */
  outbox: Outgoing[];
  /** What it said before, for a device that says it again. */
  said: Outgoing[];
  /** Counts reports, so that each has a name of its own. */
  packet: number;
}
