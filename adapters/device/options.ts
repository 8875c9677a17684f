/** What a virtual device is told, and what it tells. */

/** How a virtual device is set up; its faults are options. */
export interface DeviceOptions {
  readonly id: string;
  readonly token: string;
  /** `mqtt://host:port` */
  readonly mqttUrl: string;
  /** Topic prefix with its leading slash. */
  readonly prefix?: string;
  /** Where it keeps the image and what survives a reboot. */
  readonly folder: string;
  /** The version that runs when the folder is new. */
  readonly version?: string | undefined;
  readonly product?: string | undefined;
  /** The chunk size it wishes for, in bytes. */
  readonly chunkBytes?: number | undefined;
  /** Loses both connections once at that byte of the image, in the middle of a chunk or not. */
  readonly cutAt?: number | undefined;
  /** Stores this chunk wrongly, once. */
  readonly corruptChunk?: number | undefined;
  /** Stores the first chunk wrongly in every attempt, and checks only the whole. */
  readonly corruptAlways?: boolean | undefined;
  /** Told of everything that happens, for a display. */
  readonly onEvent?: ((event: DeviceEvent) => void) | undefined;
}

/**
 * Something that happened in a virtual device. Its states: connecting, unreachable, connected,
 * waiting, downloading, cut, verifying, installing, rebooting, preempted, rejected (a report of
 * its own), ignored (an option that has no effect) and the outcomes; `detail` is for a person.
 */
export type DeviceEvent =
  | { readonly type: "state"; readonly state: string; readonly detail?: string }
  | { readonly type: "stored"; readonly received: number; readonly size: number }
  | { readonly type: "chunk"; readonly index: number };

/** How an upgrade ended for the device, and what it took. */
export interface DeviceEnd {
  readonly outcome: "succeeded" | "failed" | "cancelled";
  readonly taskId: string;
  readonly reason?: string;
  readonly stats: DeviceStats;
}

/** What an upgrade took. */
export interface DeviceStats {
  readonly attempts: number;
  /** Requests for bytes of the image, vain ones too. */
  readonly requests: number;
  /** Bytes of the image that came; one that came twice counts twice. */
  readonly bytesFetched: number;
  readonly cuts: number;
  /** The index of each chunk in the order they were stored. */
  readonly chunks: readonly number[];
}
