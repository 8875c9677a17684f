/** How a broker's messages look to whoever tells which of them were decided before. */
import { isReportKind, parseReport, parseTopic } from "../../../core/mod.ts";
import type { BrokerSession, RedeliveredOptions } from "../../../core/engine/mod.ts";
import { packetKey } from "../packet_key.ts";
import type { Publish } from "./publish.ts";

/** `prefix`: topic prefix with its leading slash; `session`: the one that packet ids belong to. */
export function readingPublish(
  { prefix, session }: { prefix: string; session: Pick<BrokerSession, "name"> },
): Pick<RedeliveredOptions<Publish>, "isPromised" | "isRepeat" | "reportIn"> {
  return {
    isPromised: ({ id }) => id !== undefined,
    isRepeat: ({ dup }) => dup,
    reportIn({ id, topic, payload }) {
      const { device, rest: report } = parseTopic(prefix, topic) ?? { rest: "" };
      if (id === undefined || !payload || !device || !isReportKind(report)) return undefined;
      const parsed = parseReport(report, payload);
      return { device, report, key: packetKey(session.name, id, { topic, payload, parsed }) };
    },
  };
}
