/** A device's connection to the engine, whatever it speaks: reports go out, messages come in. */
import type { ReportKind } from "../../core/mod.ts";
import { AutoLink } from "./auto_link.ts";
import { HttpLink } from "./http_link.ts";
import { MqttLink } from "./mqtt_link.ts";
import type { DeviceOptions, Mode, Transport } from "./options.ts";
import type { Patience } from "./patience.ts";

/** A connection that comes back by itself until it is closed or refused. */
export interface DeviceLink {
  /** What reports go by now. */
  readonly speaks: Transport;
  /** Where bytes can be asked for by messages; `undefined`: nowhere. */
  readonly line: ByteLine | undefined;
  /** Sends a report; resolves when the engine has acknowledged it. */
  report(kind: ReportKind, payload: object): Promise<void>;
  /** Loses the connection without a word; it comes back. */
  cut(): void;
  /** Ends the connection for good. */
  close(): Promise<void>;
}

/** A connection to the broker, for whoever asks for bytes. */
export interface ByteLine {
  /** When a byte last came from the broker, by `performance.now()`. */
  readonly heardAt: number;
  /** What is known of how long it takes. */
  readonly patience: Patience;
  /** Asks, once; resolves when the broker has it. @throws {Error} when the connection is lost first. */
  ask(kind: "chunk/request" | "chunks/request", payload: object): Promise<void>;
}

/** What comes over a link. */
export interface LinkEvents {
  /** It begins to connect there. */
  connecting(host: string): void;
  /** Connected by that, and listening: now is the time to ask. */
  up(by: Transport): void;
  /** There is no connection to that host, and why; said once until the reason is another. */
  down(host: string, why: string): void;
  /** The engine does not let the device in; nothing more comes. */
  refused(error: Error): void;
  /** A message of the engine, parsed; its kind is the last level of its topic. */
  message(kind: string, payload: Record<string, unknown>): void;
  /** Bytes of the task's image, from that byte on. */
  chunk(taskId: string, offset: number, bytes: Uint8Array): void;
  /** Bytes can be asked for by messages now, or not. */
  line(isUp: boolean): void;
}

/** Begins to connect at once. @throws {Error} when it is not said where the engine is. */
export function connect(mode: Mode, options: DeviceOptions, events: LinkEvents): DeviceLink {
  const { httpUrl } = options;
  if (mode === "http" && httpUrl === undefined) {
    throw new Error("A device that speaks HTTP needs httpUrl.");
  }
  if (mode === "mqtt" || httpUrl === undefined) return new MqttLink(options, events);
  const reachable = { ...options, httpUrl };
  return mode === "http" ? new HttpLink(reachable, events) : new AutoLink(reachable, events);
}
