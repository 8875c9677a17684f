/**
 * Bytes of images on their way to devices, by the connection that each goes by: the one that asked for
 * them, where it hears them, else the newest that does.
 */
import type { PublishPacket } from "aedes";
import { chunkTopic } from "../../../core/mod.ts";
import type { ChunkEnd, OutboundChunk } from "../../../core/engine/mod.ts";
import type { Connection } from "./connections.ts";
import { grantedQos } from "./filters.ts";
import type { Guard } from "./guard.ts";

/** A chunk on its way. */
interface UnderWay {
  readonly topic: string;
  end(how: ChunkEnd): void;
}

/** The chunks on their way by all connections. */
export class ChunkWays {
  readonly #prefix: string;
  readonly #underWay = new WeakMap<Guard, Set<UnderWay>>();
  /** By which connection each device asked last. */
  readonly #askers = new Map<string, Connection>();

  /** `prefix`: topic prefix with its leading slash. */
  constructor(prefix: string) {
    this.#prefix = prefix;
  }

  /** Sends the bytes by one of the device's connections, which come the oldest first. */
  send(
    { device, task, offset, bytes, done }: OutboundChunk,
    connections: readonly Connection[],
  ): void {
    const topic = chunkTopic(this.#prefix, device, task, offset);
    for (const { client, guard } of this.#inTurn(device, connections)) {
      const qos = Math.min(grantedQos(client.subscriptions, topic) ?? -1, 1);
      if (qos < 0 || guard.destroyed) continue;
      if (guard.isStuck) {
        guard.destroy();
        continue;
      }
      const end = this.#begin(guard, topic, done);
      if (qos > 0) guard.expect({ topic }, (is) => end(is ? "arrived" : "lost"));
      const packet = { cmd: "publish", topic, payload: bytes, qos, retain: false, dup: false };
      return client.publish(packet as unknown as PublishPacket, (error) => {
        if (qos === 0) end(error || guard.destroyed ? "lost" : "passed");
      });
    }
    done("unheard");
  }

  /**
   * The device asks by that connection: what it hears goes by it from now on. What is on its way by another
   * may never arrive, and one that has not even taken it is of no use any more.
   */
  asked(by: Connection, others: readonly Connection[]): void {
    if (this.#askers.get(by.device) === by) return;
    this.#askers.set(by.device, by);
    for (const { guard } of others) {
      const left = [...this.#underWay.get(guard) ?? []].filter(({ topic }) =>
        grantedQos(by.client.subscriptions, topic) !== undefined
      );
      if (left.length > 0 && guard.writableLength > 0) guard.destroy();
      for (const { end } of left) end("lost");
    }
  }

  /** The connection is closed. */
  gone(connection: Connection): void {
    const { device } = connection;
    if (this.#askers.get(device) === connection) this.#askers.delete(device);
  }

  /** The one that asked, then the newest first: others only look on, and need not have the bytes. */
  #inTurn(device: string, connections: readonly Connection[]): readonly Connection[] {
    const asker = this.#askers.get(device);
    const others = connections.toReversed().filter((one) => one !== asker);
    return asker ? [asker, ...others] : others;
  }

  #begin(guard: Guard, topic: string, done: OutboundChunk["done"]): UnderWay["end"] {
    const all = this.#underWay.get(guard) ?? new Set();
    this.#underWay.set(guard, all);
    const one: UnderWay = { topic, end: (how) => void (all.delete(one) && done(how)) };
    all.add(one);
    return one.end;
  }
}
