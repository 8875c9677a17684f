/** From what a device published to the input that the engine is given: a report, or an ask for bytes. */
import { isAskKind, parseAsk, parseReport } from "../../core/mod.ts";
import type { AskKind, ReportKind } from "../../core/mod.ts";
import type { AskInput, ReportInput } from "../../core/engine/mod.ts";

/** Something that a device said over MQTT. */
export type SaidInput = ReportInput | AskInput;

/** The input of a payload that came by a topic of that kind. */
export function inputOf(
  device: string,
  kind: ReportKind | AskKind,
  payload: Uint8Array,
): SaidInput {
  return isAskKind(kind)
    ? { kind: "ask", device, ask: kind, parsed: parseAsk(kind, payload) }
    : { kind: "report", device, report: kind, parsed: parseReport(kind, payload), via: "mqtt" };
}
