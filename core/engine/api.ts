/** What the engine offers to adapters: one way in for what happened, and the presence of devices. */
import type { Transport } from "../protocol/mod.ts";
import type { Task } from "../upgrade/task.ts";
import type { AttemptTransfer } from "../upgrade/transfer.ts";
import type { FurtherRange } from "./going_on.ts";
import type { Answer, Input } from "./inputs.ts";

/** How adapters see a running engine. */
export interface EngineApi {
  /**
   * Queues an input, synchronously, in the order of the calls; the answer comes after everything it
   * says is durable. Never rejects: a full queue or a store that failed is an answer with a problem
   * of status 503, and then nothing was taken.
   */
  submit(input: Input): Promise<Answer>;
  /**
   * A device goes on with a download that is on record: the range is counted, at once. False: it may be
   * news, or not allowed; then it is to be submitted as an input, after its checks.
   */
  goesOn(further: FurtherRange): boolean;
  /**
   * What becomes of the device's task may be concluded from the bytes that it is given (`seen`): whoever
   * sends them must see them leave. Also true where nothing is known of the device now.
   */
  restsOnBytes(device: string): boolean;
  /** Engine time: milliseconds since 1970; never goes back. */
  now(): number;
  /** A device opened a connection (`connection` is unique per connection) to the broker; by "http": a long poll. */
  connected(device: string, connection: string, by?: Transport): void;
  /**
   * The connection subscribed to the device's metadata (or no longer). Resolves when that was taken,
   * after its messages were handed to the outbox; false: it could not be taken now, and is told again.
   */
  listening(device: string, connection: string, listening: boolean): Promise<boolean>;
  /** The connection is closed. */
  disconnected(device: string, connection: string): void;
  /** The device was heard without a connection: an artifact request, a report over HTTP. */
  heard(device: string): void;
  /**
   * The broker that devices are behind can be reached, or no longer. Meanwhile nobody listens and no
   * limit counts against anybody; afterwards everybody is called. `hasForgotten`: it knew nothing of us,
   * and may have taken reports that nobody will ever get; whoever waits for an answer is given one.
   */
  reachable(isReachable: boolean, hasForgotten?: boolean): void;
  /** Tells all devices again what they are owed. */
  callAll(): void;
  /** The broker says that the device is gone. Resolves as `listening` does. */
  left(device: string): Promise<boolean>;
  /** Whether the device has a live subscription or an open long poll. */
  isListening(device: string): boolean;
  /** What was given out for each attempt of the task, with what is under way. */
  transfersOf(task: Task): readonly AttemptTransfer[];
  /** When the device was last heard in this run; `undefined`: not in this run. */
  lastHeardAt(device: string): number | undefined;
  /**
   * Calls back after each commit: there are new rows to read. The returned function takes that back.
   */
  onCommitted(listener: () => void): () => void;
}
