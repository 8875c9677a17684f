/** What a message of a device says. */
import {
  GONE_LEVEL,
  isAskKind,
  isReportKind,
  parseTopic,
  PAYLOAD_BYTES_MAX,
} from "../../../core/mod.ts";
import type { AskKind, MalformedReport, ReportKind } from "../../../core/mod.ts";
import type { BrokerSession } from "../../../core/engine/mod.ts";
import { inputOf } from "../inputs.ts";
import type { SaidInput } from "../inputs.ts";
import { packetKey } from "../packet_key.ts";
import type { Publish } from "./publish.ts";

/** Who says it, and what; `key`: of its packet, where that can come again. */
export type Said =
  & { readonly device: string; readonly key: string | undefined }
  & ({ readonly what: "gone" } | { readonly what: "input"; readonly input: SaidInput });

/** How messages are read. */
export interface SaidOptions {
  /** Topic prefix with its leading slash. */
  readonly prefix: string;
  /** The session that packet ids belong to. */
  readonly session: Pick<BrokerSession, "name">;
}

/** What a message says; `undefined`: nothing that anybody is to act on. */
export function readSaid(
  { topic, payload, retain, id }: Publish,
  { prefix, session }: SaidOptions,
): Said | undefined {
  const parsed = parseTopic(prefix, topic);
  if (!parsed) return undefined;
  const { device, rest } = parsed;
  if (rest === GONE_LEVEL) return retain ? undefined : { device, key: undefined, what: "gone" };
  if (!isReportKind(rest) && !isAskKind(rest)) return undefined;
  const input = retain
    ? refused(device, rest)
    : inputOf(device, rest, payload ?? new Uint8Array(PAYLOAD_BYTES_MAX + 1));
  // Whoever asks for bytes once more has not got them: no ask is a repeat.
  const isKeyed = input.kind === "report" && id !== undefined && payload !== undefined;
  const key = isKeyed
    ? packetKey(session.name, id, { topic, payload, parsed: input.parsed })
    : undefined;
  return { device, key, what: "input", input };
}

function refused(device: string, kind: ReportKind | AskKind): SaidInput {
  const parsed: MalformedReport = {
    code: "not_allowed",
    reason: "Retained messages are refused. Publish without RETAIN.",
  };
  return isAskKind(kind)
    ? { kind: "ask", device, ask: kind, parsed }
    : { kind: "report", device, report: kind, parsed, via: "mqtt" };
}
