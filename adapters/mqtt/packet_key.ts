/** What tells one MQTT packet from another when it comes again. */
import { createHash } from "node:crypto";
import { tellingText } from "../../core/mod.ts";
import type { ReportInput } from "../../core/engine/mod.ts";

/** Enough of a digest to keep apart the last packets of one device. */
const KEY_DIGITS = 16;

/** A packet, and what is said in it. */
export interface SaidPacket {
  readonly topic: string;
  readonly payload: Uint8Array;
  readonly parsed: ReportInput["parsed"];
}

/**
 * The same for the same packet of the same session, and for no other of its last ones: who sends
 * again what was not acknowledged keeps its packet id (MQTT 3.1.1 §4.4).
 */
export function packetKey(
  session: string,
  id: number,
  { topic, payload, parsed }: SaidPacket,
): string {
  const digest = createHash("sha256").update(`${session}\0${id}\0${topic}\0`);
  // No fact has the key of one that is malformed.
  digest.update("code" in parsed ? payload : tellingText(parsed));
  return digest.digest("hex").slice(0, KEY_DIGITS);
}
