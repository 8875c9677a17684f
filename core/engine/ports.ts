/**
 * What the engine needs from outside: interfaces only. Every implementation lives in an adapter;
 * the simulator has its own.
 */
import type { Device } from "../device/state.ts";
import type { FactType, ImageHeader, SealedRow, Sha256 } from "../log/mod.ts";
import type { Message, OwedName, RejectedCode } from "../protocol/mod.ts";
import type { Task } from "../upgrade/task.ts";
import type { Input } from "./inputs.ts";

/** A device as the store has it: its state and where its stream stands. */
export interface StoredDevice {
  readonly device: Device;
  readonly head: StreamHead;
}

/** The last row of a stream. `version` 0 and `hash` null: the stream is empty. */
export interface StreamHead {
  readonly version: number;
  readonly hash: string | null;
}

/** The stored bytes of an image. Digests are lowercase hexadecimal digits. */
export interface Image {
  /** Its name. */
  readonly sha256: string;
  /** Bytes. */
  readonly size: number;
  /** For clients that check nothing else. */
  readonly sha1: string;
  /** For clients that check nothing else. */
  readonly md5: string;
  /** What its file says of itself, if that is known. */
  readonly header?: ImageHeader;
}

/** A version of a product (or of none), naming one image. */
export interface Release {
  /** `null`: of no product. */
  readonly product: string | null;
  /** The name. */
  readonly version: string;
  /** The image it names, hexadecimal digits. */
  readonly sha256: string;
  /** Engine time, milliseconds since 1970. */
  readonly namedAt: number;
  /** The operator wanted it whatever the image's own header says. */
  readonly headerIgnored?: true;
}

/** Rows for one stream and the read models they lead to. */
export interface Write {
  readonly stream: string;
  /** The version of the stream's last row before these. */
  readonly expectedVersion: number;
  readonly rows: readonly SealedRow[];
  /** The personal texts of all rows of the stream up to this version, these among them, are not kept. */
  readonly erasedThrough?: number;
  readonly models: Models;
}

/** New read models; each replaces the stored one of the same key. */
export interface Models {
  /** The state of the device. */
  readonly device?: Device;
  /** The tasks of the device that changed. */
  readonly tasks?: readonly Task[];
  /** An image that was stored. */
  readonly image?: Image;
  /** A version that was named. */
  readonly release?: Release;
}

/** Where a log stands when an engine opens it. */
export interface LogHead {
  /** `null`: the log is new. */
  readonly log: string | null;
  readonly seq: number;
  /** Engine time of the last row; 0 when new. */
  readonly at: number;
  /** It was put back from a backup, and no row says so: until a `LogRestored` is appended. */
  readonly isRestored?: boolean;
  /** The epoch of this lease: greater than that of any row. */
  readonly epoch: number;
  /** Number and id of the task with the greatest number. */
  readonly lastTask: { readonly number: number; readonly id: string } | null;
  /** How many `LogRestored` stand behind the row that queued it, or in the whole log; 0 unless said. */
  readonly restores?: number;
}

/** A task whose deadline is due. */
export interface DueTask {
  readonly device: string;
  readonly task: string;
  readonly state: string;
  readonly due: number;
  /** How long the state may last: the engine must have been reachable for min(this, 5 min). */
  readonly limitMs: number;
}

/** A task that has ended. Instants are engine time in milliseconds since 1970. */
export interface EndedTask {
  readonly endedAt: number;
  readonly task: string;
  readonly device: string;
}

/** What the timer of all deadlines waits for; `null`: for nothing. */
export interface NextDue {
  /** The earliest deadline after now. */
  readonly due: number | null;
  /** The shortest limit of those that are due, but whose limit is longer than was asked for. */
  readonly limitMs: number | null;
}

/**
 * The log and its read models, with exactly one writer. What cannot be read or written rejects with a
 * {@link StoreError}; the engine then answers nothing before it has opened the store again.
 */
export interface Store {
  /** Where the log stands. Called once before anything is appended, and again after a fault. */
  open(): Promise<LogHead>;
  /** The device's state and the head of its stream. */
  device(id: string): Promise<StoredDevice | undefined>;
  /** The head of any stream. */
  head(stream: string): Promise<StreamHead>;
  /** Versions of the rows of a stream behind that one that have a personal text: the first `count`. */
  personalRows(stream: string, after: number, count: number): Promise<number[]>;
  /** The release of that version under the product (`null`: the one without a product). */
  release(product: string | null, version: string): Promise<Release | undefined>;
  /**
   * Versions under the product or under none whose image is known by the digest (`md5:…`, `sha256:…`,
   * of the file or in its header): at most two, as more than one says nothing.
   */
  versionsKnownBy(product: string | null, digest: string): Promise<string[]>;
  /** The image with that SHA-256 (hexadecimal digits). */
  image(sha256: string): Promise<Image | undefined>;
  /** The device that a task belongs to. */
  taskDevice(task: string): Promise<string | undefined>;
  /**
   * Tasks whose deadline is at or before `now` and whose limit is at most `limitMsMax`, earliest
   * first, at most `count`.
   */
  dueTasks(now: number, limitMsMax: number, count: number): Promise<DueTask[]>;
  /** Devices with a task in one of these states: those that may be gone since the last run. */
  devicesWithTaskIn(states: readonly string[]): Promise<string[]>;
  /**
   * Devices that are owed a message or have a task that waits for its turn, by id: at most `count`
   * after that one.
   */
  devicesToCall(after: string, count: number): Promise<string[]>;
  /** Devices with an active task, by id: at most `count` after that one. */
  devicesAtWork(after: string, count: number): Promise<string[]>;
  /** Tasks that ended later than that one, in the order of their ends: at most `count`. */
  tasksEnded(after: Omit<EndedTask, "device">, count: number): Promise<EndedTask[]>;
  /** What `dueTasks` would give later: the earliest deadline, and the shortest limit left out. */
  nextDue(now: number, limitMsMax: number): Promise<NextDue>;
  /**
   * Appends rows, takes personal texts out of earlier ones and updates the read models in one durable transaction,
   * all or nothing. What was taken out is gone from wherever it was stored.
   *
   * @throws {StoreError} nothing was written, or nobody knows: open again before the next append.
   */
  append(writes: readonly Write[]): Promise<void>;
}

/** The store could not do it. `full`: there is no room; reads go on. */
export class StoreError extends Error {
  override readonly name = "StoreError";
  /** What kind of fault it is. */
  readonly code: "full" | "conflict" | "io";
  /** Builds the error; `message` is a sentence for the operator. */
  constructor(code: "full" | "conflict" | "io", message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** Time as the machine has it. Milliseconds, integers. */
export interface Clock {
  /** The wall clock, which may step. */
  wall(): number;
  /** A clock that never steps; its origin means nothing. */
  monotonic(): number;
  /** Calls back once, after everything that already waits to be read was read. */
  soon(call: () => void): void;
  /** Calls back once after `ms`; the returned function takes that back. */
  after(ms: number, call: () => void): () => void;
}

/** A message on its way to a device. */
export interface OutboundMessage {
  readonly device: string;
  readonly message: Message;
  /** Set for owed messages: what `delivered` must name. */
  readonly owed?: OwedName;
}

/**
 * What became of a chunk: the device has confirmed it (`arrived`); somebody between has it, or it was
 * sent and nobody confirms (`passed`); the connection ended before (`lost`); nobody is subscribed
 * (`unheard`), or somebody between takes nothing so large (`too_large`), and it went nowhere.
 */
export type ChunkEnd = "arrived" | "passed" | "lost" | "unheard" | "too_large";

/** Bytes of a task's image on their way to its device, as one message. */
export interface OutboundChunk {
  readonly device: string;
  /** The task that they were asked for. */
  readonly task: string;
  /** The first of the bytes. */
  readonly offset: number;
  readonly bytes: Uint8Array;
  /** Called once with what became of it. */
  done(end: ChunkEnd): void;
}

/** Stored images, as far as the engine itself gives their bytes. */
export interface Images {
  /** The bytes [start, end) of an image with that SHA-256 (hexadecimal digits), all at once. */
  read(image: Pick<Image, "sha256" | "size">, start: number, end: number): Promise<Uint8Array>;
  /** Digests (hexadecimal digits) of `count` chunks of so many bytes, from chunk `from` on. */
  chunkDigests(
    sha256: string,
    chunkBytes: number,
    from: number,
    count: number,
  ): Promise<readonly string[]>;
}

/** Carries messages to devices. Handing a message over is not delivery. */
export interface Outbox {
  /** Sends to the device if it can be reached now; otherwise nothing happens. */
  send(message: OutboundMessage): void;
  /** Sends the bytes to the device. Absent: no chunks go this way. */
  sendChunk?(chunk: OutboundChunk): void;
  /** Cuts every connection of the device. */
  disconnect(device: string): void;
  /**
   * Whether the device is being given bytes of an image, and is not given up: what a slow one takes of
   * them does not show.
   */
  isGiving?(device: string): boolean;
  /** Resolves when more can be handed over; one without it takes whatever comes. */
  room?(): Promise<void>;
}

/** Digests and salt. */
export interface Digest {
  /** SHA-256 as lowercase hexadecimal digits, at once. */
  readonly sha256: Sha256;
  /** 16 fresh random bytes as 32 hexadecimal digits. */
  salt(): string;
}

/** What happened in the engine, for figures; never for decisions. What it hears of the log is durable. */
export interface Observer {
  /** A batch was committed. */
  committed?(batch: { inputs: number; rows: number; ms: number }): void;
  /** An input was decided; `rejected`: it is a report that was refused. */
  decided?(input: { kind: Input["kind"]; rejected?: RejectedCode }): void;
  /** A fact became durable. */
  recorded?(fact: FactType): void;
  /** So many bytes of an image left for a device by way of a broker. */
  gave?(bytes: number): void;
  /** Something went wrong that nobody else hears of. */
  fault?(error: unknown): void;
}

/** All ports of an engine. */
export interface Ports {
  readonly store: Store;
  readonly clock: Clock;
  readonly outbox: Outbox;
  /** Absent: devices are given bytes by others alone. */
  readonly images?: Images;
  readonly digest: Digest;
  readonly observer?: Observer;
}
