/**
 * The bytes of images that devices are given, whoever carries them: counted, sent where they go by the
 * broker, and watched, as how they move says how they had better go. All of it beside the loop.
 */
import type { Device } from "../device/state.ts";
import { TRANSFERS_MAX } from "../protocol/limits.ts";
import { Cache } from "./cache.ts";
import { ChunkFlow } from "./chunk_flow.ts";
import { askGoingOn, taskGoingOn } from "./going_on.ts";
import type { FurtherRange } from "./going_on.ts";
import type { Answer, AskInput, DeliveredInput, NetworkInput } from "./inputs.ts";
import { NetworkWatch } from "./network_watch.ts";
import type { OutboundMessage, Ports } from "./ports.ts";
import { Transfers } from "./transfers.ts";
import type { Workspace } from "./workspace.ts";

/** What giving works with. */
export interface GivingDeps {
  readonly ports: Pick<Ports, "images" | "outbox" | "store" | "clock">;
  /** Devices are behind a broker of somebody else's: its confirmations are not theirs. */
  readonly isBrokered: boolean;
  /** Engine time. */
  now(): number;
  /** The device as it is committed, if that is in memory. */
  committed(id: string): Device | undefined;
  /** Whether the store can be trusted. */
  isWell(): boolean;
  /** Whether the device hears messages of a broker now. */
  isListening(device: string): boolean;
  submit(input: NetworkInput): Promise<Answer>;
  /** Told of bytes that leave by way of a broker. */
  onGiven(bytes: number): void;
  onFault(error: unknown): void;
}

/** What is given to all devices. */
export class Giving {
  readonly transfers: Transfers;
  readonly #deps: GivingDeps;
  readonly #chunks: ChunkFlow | undefined;
  readonly #watch: NetworkWatch;
  /** Those who were heard by a broker of somebody else's in this run: nothing else shows that they use it. */
  readonly #heard: Cache<true> | undefined;

  constructor(deps: GivingDeps) {
    this.#deps = deps;
    const { ports: { images, outbox, store, clock }, committed, isWell } = deps;
    const heard = this.#heard = deps.isBrokered ? new Cache(TRANSFERS_MAX) : undefined;
    const watch = new NetworkWatch({
      ...deps,
      isListening: (id) => deps.isListening(id) && (!heard || heard.get(id) === true),
      clock,
      lastGivenAt: (task) => this.transfers.lastGiven(task)?.at,
    });
    this.#watch = watch;
    this.transfers = new Transfers(watch);
    // In doubt about the store nobody knows whose bytes may leave.
    const device = async (id: string) => {
      if (!isWell()) return undefined;
      const known = committed(id) ?? (await store.device(id))?.device;
      return isWell() ? known : undefined;
    };
    this.#chunks = images && outbox.sendChunk &&
      new ChunkFlow({ ...deps, images, outbox, transfers: this.transfers, watch, device });
  }

  /** Whether so much more may wait for the device; `undefined`: nothing goes by a broker. */
  get hasRoom(): ((device: string, count: number) => boolean) | undefined {
    const chunks = this.#chunks;
    return chunks && ((device, count) => chunks.hasRoom(device, count));
  }

  /** A range of a download that is on record is counted at once; false: it may be news. */
  goesOn(further: FurtherRange): boolean {
    const device = this.#deps.committed(further.device);
    const at = this.#deps.now();
    const task = device && taskGoingOn(device, further, at);
    return task !== undefined && this.transfers.goOn(task, further.range, at);
  }

  /** An ask that goes on with such a download is granted at once; false: it may be news. */
  goesOnAsking({ device: id, parsed }: AskInput): boolean {
    const device = this.#deps.committed(id);
    const asked = device && askGoingOn(device, parsed, this.#deps.now());
    if (!asked || !this.#chunks?.hasRoom(id, asked.wanted.length)) return false;
    this.#chunks.want(id, asked);
    return true;
  }

  /** What a batch that is durable gives, and shows. */
  follow({ given, progress, outgoing }: Pick<Workspace, "given" | "progress" | "outgoing">): void {
    for (const one of progress) this.#watch.reported(one);
    for (const message of outgoing) this.#noteSent(message);
    for (const { device, ...asked } of given) this.#chunks?.want(device, asked);
  }

  /** The device said something by a broker. */
  heard(device: string): void {
    this.#heard?.set(device, true);
  }

  /** The device has confirmed a message. */
  delivered({ device, task, message: kind, attempt }: DeliveredInput): void {
    this.#watch.delivered(device, { task, kind, attempt });
  }

  /** It lost a connection. */
  disconnected(device: string): void {
    this.#watch.disconnected(device);
  }

  /** Nothing is given any more. */
  close(): void {
    this.#chunks?.close();
    this.#watch.close();
  }

  #noteSent({ device, owed }: OutboundMessage): void {
    if (owed && !this.#deps.isBrokered) this.#watch.sent(device, owed);
  }
}
