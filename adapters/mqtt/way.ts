/** How devices and the engine reach each other over MQTT, whichever broker carries it. */
import type { EngineApi, OutboundChunk, Outbox } from "../../core/engine/mod.ts";

/** A broker of ours, or the link to somebody else's. */
export interface MqttWay extends Outbox {
  sendChunk(chunk: OutboundChunk): void;
  /** Open connections that are ours to count: of devices, or to the broker. */
  readonly connections: number;
  /** Whether devices can be reached now. */
  readonly isUp: boolean;
  /** Begins to carry reports to the engine; the URL for devices, without credentials. */
  open(engine: EngineApi): Promise<string>;
  /** Takes no more reports: the engine is about to stop. */
  hush(): void;
  /** Ends every connection. */
  close(): Promise<void>;
}
