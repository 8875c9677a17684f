/** How a device talks to the engine, whatever carries it. */
import type { OutboundChunk } from "../../engine/mod.ts";
import type { AskKind, ReportKind } from "../../protocol/mod.ts";

/** Who a device says it is. */
export interface Login {
  readonly device: string;
  /** The SHA-256 of its token: nobody here needs more of it. */
  readonly token: string;
}

/** A report on its way. */
export interface Outgoing {
  readonly kind: ReportKind;
  /** The payload as it is sent: JSON, or whatever the device takes for it. */
  readonly payload: string;
  /** 0: nobody confirms it, and it may be lost. */
  readonly qos: 0 | 1;
  /** It was sent before, and perhaps arrived. */
  readonly isRepeat: boolean;
  /** The number of the packet (MQTT), the same when it is repeated. */
  readonly packet: number;
}

/** An ask for bytes on its way: whoever hears nothing asks anew. */
export type OutgoingAsk = Pick<Outgoing, "payload" | "qos" | "packet"> & { readonly kind: AskKind };

/** Told to the device. */
export interface LinkEvents {
  /** It can talk now, and it hears what it is told. */
  up(): void;
  /** It cannot any more. */
  down(): void;
  /** A message came; it is confirmed when this returns. */
  message(kind: string, payload: Readonly<Record<string, unknown>>): void;
  /** Bytes of an image came; they are confirmed when this returns. */
  chunk(chunk: OutboundChunk): void;
}

/** A device's way to the engine. */
export interface Link {
  /** Tries to connect, once: `up` or `down` follows. */
  open(): void;
  /** The device is off: nothing is told it any more. */
  close(): void;
  /** Sends a report; `done` says whether it was taken, or will have to be repeated. */
  report(report: Outgoing, done: (isTaken: boolean) => void): void;
  /** Asks for bytes. Absent: none come by this link. */
  ask?(ask: OutgoingAsk): void;
}

/** The way a packet of a session is known when it comes again. */
export function packetKeyOf(
  session: string,
  packet: number,
  { device, kind, payload }: { device: string; kind: string; payload: string },
): string {
  return `${session} ${packet} ${device} ${kind} ${payload}`;
}
