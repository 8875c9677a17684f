/** What leads to devices: the link to a broker of the team's own, and all ways as one outbox. */
import type { Outbox, Reads } from "../../core/engine/mod.ts";
import { TOPIC_PREFIX } from "../../core/mod.ts";
import type { ExternalBroker } from "../../adapters/cli/mod.ts";
import { brokerSession, readBrokerFiles } from "../../adapters/host/mod.ts";
import type { Downloads } from "../../adapters/http/mod.ts";
import { BrokerLink } from "../../adapters/mqtt/mod.ts";
import type { MqttWay } from "../../adapters/mqtt/mod.ts";
import type { HouseOptions } from "./house.ts";

/** The link to a broker of the team's own; its client id belongs to the log. */
export async function linkTo(
  { files, versions, ...address }: ExternalBroker,
  { reads, log, data, onNote = () => {} }: Pick<HouseOptions, "onNote" | "data"> & {
    reads: Reads;
    log: string;
  },
  onFirstUp: () => void,
): Promise<MqttWay> {
  const broker = { ...address, ...await readBrokerFiles(files) };
  return new BrokerLink({
    broker,
    versions,
    prefix: TOPIC_PREFIX,
    clientId: `otalog${log.slice(0, 14)}`,
    session: await brokerSession(data),
    knownPackets: async (device) =>
      (await reads.device(device))?.taken.flatMap(({ packet }) => packet ?? []) ?? [],
    onTrouble: onNote,
    onUp: (isAgain) => {
      if (isAgain) onNote("The broker can be reached again.");
      onFirstUp();
    },
  });
}

/** Messages go every way a device is there; one that must go loses every connection. */
export function outboxOf(ways: readonly Outbox[], downloads: Downloads): Outbox {
  const byMqtt = ways.find((way) => way.sendChunk);
  return {
    send: (message) => ways.forEach((way) => way.send(message)),
    ...byMqtt && { sendChunk: (chunk) => byMqtt.sendChunk!(chunk) },
    room: async () => void await Promise.all(ways.map((way) => way.room?.())),
    isGiving: (device) => downloads.isGiving(device),
    disconnect: (device) => [...ways, downloads].forEach((way) => way.disconnect(device)),
  };
}

/** Where a listener is reached, if nobody said another URL. */
export function urlOf({ host, port }: { host: string; port: number }): string {
  return `http://${host.includes(":") ? `[${host}]` : host}:${port}`;
}
