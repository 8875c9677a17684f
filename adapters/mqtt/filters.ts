/** Topic filters (MQTT 3.1.1 §4.7). */

/** Whether the topic is one that the filter asks for. */
export function matches(filter: string, topic: string): boolean {
  const wanted = filter.split("/");
  const levels = topic.split("/");
  for (const [index, level] of wanted.entries()) {
    if (level === "#") return true;
    if (index >= levels.length || level !== "+" && level !== levels[index]) return false;
  }
  return wanted.length === levels.length;
}

/** The greatest QoS granted for the topic; `undefined`: not subscribed. */
export function grantedQos(
  subscriptions: Readonly<Record<string, { qos: number }>>,
  topic: string,
): number | undefined {
  const granted = Object.entries(subscriptions).filter(([filter]) => matches(filter, topic));
  return granted.length > 0 ? Math.max(...granted.map(([, { qos }]) => qos)) : undefined;
}
