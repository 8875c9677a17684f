/**
 * The tables: the log, and read models that can be dropped and folded again. As few cells as
 * possible, since a replay recomputes every one of them.
 */

/** The log: one sealed row each (`core/log/row.ts`). */
export interface EventsTable {
  seq: number;
  stream: string;
  version: number;
  bytes: string;
  data: string;
  salt: string;
  hash: string;
  personal: string | null;
}

/** The state of each device, as canonical JSON. */
export interface DevicesTable {
  device_id: string;
  state: string;
  /** How many messages it has not confirmed. */
  owed: number;
}

/** The tokens that are or will be valid; `valid_until` is null until one is replaced. */
export interface TokensTable {
  sha256: string;
  device_id: string;
  valid_until: number | null;
}

/** Every task, as canonical JSON, and what it is looked up by. */
export interface TasksTable {
  task_id: string;
  number: number;
  device_id: string;
  /** Hexadecimal digits. */
  image: string;
  state: string;
  ended_at: number | null;
  due_at: number | null;
  limit_ms: number | null;
  task: string;
}

/** Every image by its SHA-256 (hexadecimal digits). */
export interface ImagesTable {
  sha256: string;
  size: number;
  sha1: string;
  md5: string;
  /** What its file says of itself, as canonical JSON. */
  header: string | null;
}

/** Every named version; `product` is empty for a release without one. */
export interface ReleasesTable {
  version: string;
  product: string;
  sha256: string;
  named_at: number;
  /** 1: the operator wanted it whatever the image's own header says. */
  header_ignored: number;
}

/** How many tasks there are by state, and how many messages are owed; kept by triggers, never zero. */
export interface CountsTable {
  what: "tasks" | "messages";
  state: string;
  n: number;
}

/** The complete subtrees of every eighth level of the tree over the log (`tree.ts`). */
export interface TreeTable {
  /** 8, 16, 24 … */
  level: number;
  /** Leaves `[idx · 2^level, (idx + 1) · 2^level)`; the leaf of a row is before its `seq`. */
  idx: number;
  /** Hexadecimal digits. */
  hash: string;
}

/** All tables, for Kysely. */
export interface Tables {
  events: EventsTable;
  devices: DevicesTable;
  tokens: TokensTable;
  tasks: TasksTable;
  images: ImagesTable;
  releases: ReleasesTable;
  counts: CountsTable;
  tree: TreeTable;
}
