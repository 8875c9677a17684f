/** Who may do what at Mosquitto, as its ACL file says it. */
import { DEVICE_LEVELS, ENGINE_FILTERS, TOPIC_PREFIX, topicOf } from "../../../core/mod.ts";

/** The engine's name at the broker. */
export const ENGINE_USER = "otalog";

/** The text of the ACL file: what is not named in it is refused. */
export function mosquittoAcl(prefix: string = TOPIC_PREFIX): string {
  const lines = (how: string, device: string, levels: readonly string[]) =>
    levels.map((level) => `${how} ${topicOf(prefix, device, level)}`);
  return [
    "# Who may do what. What is not named here is refused; a subscription to it hears nothing.",
    "",
    "# The engine hears every device, and speaks to every device.",
    `user ${ENGINE_USER}`,
    ...lines("topic read", "+", DEVICE_LEVELS),
    ...lines("topic write", "+", ENGINE_FILTERS),
    "",
    "# A device (%u is its user name) reaches its own topics only: it says these and hears those.",
    ...lines("pattern write", "%u", DEVICE_LEVELS),
    ...lines("pattern read", "%u", ENGINE_FILTERS),
    "",
  ].join("\n");
}
