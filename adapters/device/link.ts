/** A device's connection to the engine, whatever it speaks: reports go out, messages come in. */
import type { ReportKind } from "../../core/mod.ts";
import { HttpLink } from "./http_link.ts";
import { MqttLink } from "./mqtt_link.ts";
import type { DeviceOptions, Transport } from "./options.ts";

/** A connection that comes back by itself until it is closed or refused. */
export interface DeviceLink {
  /** Where the engine is. */
  readonly host: string;
  /** Sends a report; resolves when the engine has acknowledged it. */
  report(kind: ReportKind, payload: object): Promise<void>;
  /** Loses the connection without a word; it comes back. */
  cut(): void;
  /** Ends the connection for good. */
  close(): Promise<void>;
}

/** What comes over a link. */
export interface LinkEvents {
  /** Connected and listening: now is the time to ask. */
  up(): void;
  /** There is no connection, and why; said once until the reason is another. It goes on trying. */
  down(why: string): void;
  /** The engine does not let the device in; nothing more comes. */
  refused(error: Error): void;
  /** A message of the engine, parsed; its kind is the last level of its topic. */
  message(kind: string, payload: Record<string, unknown>): void;
}

/** Begins to connect at once. @throws {Error} when it is not said where the engine is. */
export function connect(
  transport: Transport,
  options: DeviceOptions,
  events: LinkEvents,
): DeviceLink {
  if (transport === "mqtt") return new MqttLink(options, events);
  const { httpUrl } = options;
  if (httpUrl === undefined) throw new Error("A device that speaks HTTP needs httpUrl.");
  return new HttpLink({ ...options, httpUrl }, events);
}
