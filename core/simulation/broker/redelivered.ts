/** How a simulated broker's messages look to whoever tells which of them were decided before. */
import type { BrokerSession, RedeliveredOptions } from "../../engine/mod.ts";
import type { Running } from "../running.ts";
import { packetKeyOf } from "../network/link.ts";
import { isReportKind } from "../../protocol/mod.ts";
import { isSaid } from "../network/mqtt.ts";
import type { Publish } from "../network/mqtt.ts";
import type { World } from "../world.ts";

/** `session`: the one that packet ids belong to. */
export function readingPublish(
  session: Pick<BrokerSession, "name">,
): Pick<RedeliveredOptions<Publish>, "isPromised" | "isRepeat" | "reportIn"> {
  return {
    isPromised: ({ qos }) => qos > 0,
    isRepeat: ({ isRepeat }) => isRepeat,
    reportIn({ letter, packet }) {
      if (!isSaid(letter) || !isReportKind(letter.kind)) return undefined;
      const { device, kind: report } = letter;
      return { device, report, key: packetKeyOf(session.name, packet, letter) };
    },
  };
}

/** What the log remembers of a device's packets; it may not be readable now. */
export function knownPackets(world: World, { life }: Running, device: string): Promise<string[]> {
  const isUnreadable = world.fate.happens("readError", "disk") !== undefined;
  return life.later(0, () => {
    if (isUnreadable) throw new Error("The disk failed.");
    return world.disk.device(device)?.taken.flatMap(({ packet }) => packet ?? []) ?? [];
  });
}
