/** What a virtual device is told, and what it tells. */

/** How a virtual device is set up. */
export interface DeviceOptions extends DeviceFaults {
  readonly id: string;
  readonly token: string;
  /** `mqtt://host:port` */
  readonly mqttUrl: string;
  /** `http://host:port`, needed to report over HTTP. */
  readonly httpUrl?: string | undefined;
  /** What it reports, listens and fetches by [auto]. */
  readonly transport?: Mode | undefined;
  /** Topic prefix with its leading slash. */
  readonly prefix?: string;
  /** Where it keeps the image and what survives a reboot. */
  readonly folder: string;
  /** The version that runs when the folder is new. */
  readonly version?: string | undefined;
  readonly product?: string | undefined;
  /** The chunk size it wishes for, in bytes. */
  readonly chunkBytes?: number | undefined;
  /** Told of everything that happens, for a display. */
  readonly onEvent?: ((event: DeviceEvent) => void) | undefined;
}

/** How reports, messages and the bytes of an image travel. */
export type Transport = "mqtt" | "http";

/**
 * What a device does with the two. `mqtt` and `http`: everything by that one. `auto`: reports over
 * MQTT, or over HTTP while the broker cannot be reached; bytes by what the engine recommends, or by
 * the other one while that fails.
 */
export type Mode = "auto" | Transport;

/** What goes wrong with a device. Bytes are those of the image, in the middle of a chunk or not. */
export interface DeviceFaults {
  /** Loses all connections once at that byte. */
  readonly cutAt?: number | undefined;
  /** Does everything by the other transport from that byte on. */
  readonly switchAt?: number | undefined;
  /** Loses power once at that byte, and comes back with what it had stored. */
  readonly restartAt?: number | undefined;
  /** Stores this chunk wrongly, once. */
  readonly corruptChunk?: number | undefined;
  /** Stores the first chunk wrongly in every attempt, and checks only the whole. */
  readonly corruptAlways?: boolean | undefined;
  /** Claims the right digest over wrong bytes, or another digest each time over the right ones. */
  readonly lie?: "right-digest" | "wrong-digest" | undefined;
  /** Hears, but does and says nothing more from there on; it does not come back from a reboot. */
  readonly silentAfter?: "metadata" | "downloading" | "verified" | "rebooting" | undefined;
  /** Comes back from its reboot without a word, with the old version, or says that it went back. */
  readonly afterReboot?: "silent" | "old-version" | "rolled-back" | undefined;
  /** Says every report twice, under the same id. */
  readonly reportsTwice?: boolean | undefined;
  /** Says its progress, and that it reboots, after the report that comes next. */
  readonly outOfOrder?: boolean | undefined;
}

/**
 * Something that happened in a virtual device. Its states: connecting, unreachable, connected,
 * waiting, downloading, cut, switched, restarted, silent, dark, verifying, installing, rebooting,
 * preempted, rejected (a report of its own), ignored (an option that has no effect) and the
 * outcomes; `detail` is for a person.
 */
export type DeviceEvent =
  | { readonly type: "state"; readonly state: string; readonly detail?: string }
  | { readonly type: "stored"; readonly received: number; readonly size: number }
  /** The bytes come by the other transport from now on; `reason` is for a person. */
  | { readonly type: "switch"; readonly transport: Transport; readonly reason: string }
  | { readonly type: "chunk"; readonly index: number };

/** How an upgrade ended for the device, and what it took. */
export interface DeviceEnd {
  /** `dark`: it did not come back from its reboot; what became of the task the engine knows. */
  readonly outcome: "succeeded" | "failed" | "cancelled" | "dark";
  readonly taskId: string;
  /** The version that the task was about, where the engine said it. */
  readonly version?: string;
  readonly reason?: string;
  readonly stats: DeviceStats;
}

/** What an upgrade took. */
export interface DeviceStats {
  readonly attempts: number;
  /** Requests for bytes of the image, vain ones too. */
  readonly requests: number;
  /** Bytes of the image that came, over either transport; one that came twice counts twice. */
  readonly bytesFetched: number;
  /** Those of them that came over MQTT. */
  readonly bytesOverMqtt: number;
  /** Those of them that were stored already. */
  readonly repeated: number;
  /** How often the bytes came by the other transport from then on. */
  readonly switches: number;
  readonly cuts: number;
  /** The index of each chunk in the order they were stored. */
  readonly chunks: readonly number[];
}
