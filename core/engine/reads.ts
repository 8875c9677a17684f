/**
 * What adapters may read, beside the loop: reads never queue and never decide. Rows and read models
 * are committed state.
 */
import type { Device } from "../device/state.ts";
import type { FactType, SealedRow } from "../log/mod.ts";
import type { Task, TaskStateName } from "../upgrade/task.ts";
import type { Image, Release } from "./ports.ts";

/** One page of a list; `next` is the cursor of the page after it. */
export interface Page<T> {
  readonly items: readonly T[];
  readonly next?: string;
}

/** Which page to read; `limit` is at most `PAGE_MAX`. */
export interface PageQuery {
  readonly limit: number;
  readonly after?: string | undefined;
}

/** A release with its image. */
export type Firmware = Release & { readonly image: Image };

/** Committed state, for answers to people and programs. */
export interface Reads {
  /** The device that holds a token (by its SHA-256) that is valid at `now`. */
  deviceByToken(tokenSha256: string, now: number): Promise<string | undefined>;
  /** A device's state. */
  device(id: string): Promise<Device | undefined>;
  /** Devices by id. */
  devices(query: PageQuery): Promise<Page<Device>>;
  /** An operator's labels on these devices, as they stand in the log; of one without any: nothing. */
  tags(devices: readonly string[]): Promise<ReadonlyMap<string, readonly string[]>>;
  /** A task. */
  task(id: string): Promise<Task | undefined>;
  /** Tasks by number. */
  tasks(
    query: PageQuery & { device?: string | undefined; state?: string | undefined },
  ): Promise<Page<Task>>;
  /** The release of that version under the product, or failing that the one without a product. */
  firmware(product: string | null, version: string): Promise<Firmware | undefined>;
  /** Releases by version, then product. */
  firmwares(query: PageQuery): Promise<Page<Firmware>>;
  /** An image by its SHA-256 (hexadecimal digits). */
  image(sha256: string): Promise<Image | undefined>;
  /** Whether the device has a task of that image that is open, or ended at or after `since`. */
  mayFetch(device: string, sha256: string, since: number): Promise<boolean>;
  /** How many tasks there are in each state; a state without any may be left out. */
  taskCounts(): Promise<Readonly<Partial<Record<TaskStateName, number>>>>;
  /** How many messages the devices have not confirmed. */
  owedMessages(): Promise<number>;
  /** The place of the log's last row; 0: it has none. */
  lastSeq(): Promise<number>;
  /** The newest row of a fact of that type in the stream; `undefined`: there is none. */
  newest(stream: string, type: FactType): Promise<SealedRow | undefined>;
  /** Rows of a stream (all streams when `undefined`) after a position, oldest first. */
  rows(stream: string | undefined, after: number, limit: number): Promise<SealedRow[]>;
}
