/** What tells one MQTT packet from another when it comes again. */
import { createHash } from "node:crypto";
import { isReportKind, tellingText } from "../../core/mod.ts";
import type { Report } from "../../core/mod.ts";
import type { SaidInput } from "./inputs.ts";

/** Enough of a digest to keep apart the last packets of one device. */
const KEY_DIGITS = 16;

/** A packet, and what is said in it. */
export interface SaidPacket {
  readonly topic: string;
  readonly payload: Uint8Array;
  readonly parsed: SaidInput["parsed"];
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
  // No fact has the key of one that is malformed, nor that of an ask.
  const isReport = !("code" in parsed) && isReportKind(parsed.kind);
  digest.update(isReport ? tellingText(parsed as Report) : payload);
  return digest.digest("hex").slice(0, KEY_DIGITS);
}
