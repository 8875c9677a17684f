/** What a client is subscribed to. */
import { matchesFilter } from "../../../core/mod.ts";

/** The greatest QoS granted for the topic; `undefined`: not subscribed. */
export function grantedQos(
  subscriptions: Readonly<Record<string, { qos: number }>>,
  topic: string,
): number | undefined {
  const granted = Object.entries(subscriptions).filter(([filter]) => matchesFilter(filter, topic));
  return granted.length > 0 ? Math.max(...granted.map(([, { qos }]) => qos)) : undefined;
}
