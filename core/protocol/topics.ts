/**
 * The topics of PROTOCOL §1: `{prefix}/{device}/{kind}`. Which ones a device may publish to and
 * subscribe to is decided here; a broker adapter only asks.
 */
import { askSchemas, isAskKind } from "./asks.ts";
import type { AskKind } from "./asks.ts";
import { messageQos } from "./messages.ts";
import { isReportKind, parseDeviceId, reportSchemas } from "./reports.ts";
import type { ReportKind } from "./reports.ts";

/** The default prefix, with its leading slash. */
export const TOPIC_PREFIX = "/ota";

/**
 * Last level of the topic for a device's will: whatever is published there says that the device is
 * gone. Behind an external broker nothing else does.
 */
export const GONE_LEVEL = "gone";

/** Last levels of the topics that a device may publish to; the engine hears them all. */
export const DEVICE_LEVELS: readonly string[] = [
  ...Object.keys(reportSchemas),
  ...Object.keys(askSchemas),
  GONE_LEVEL,
];

/** Last levels of the topics of messages, which only the engine publishes to; a device may hear its own. */
export const ENGINE_LEVELS: readonly string[] = Object.keys(messageQos);

/** The same as filters, with those that end in levels of their own: `chunk/{task_id}/{offset}`. */
export const ENGINE_FILTERS: readonly string[] = [...ENGINE_LEVELS, "chunk/+/+"];

/** `{prefix}/{device}/chunk/{task_id}/{offset}`: the bytes from that offset. */
export function chunkTopic(prefix: string, device: string, task: string, offset: number): string {
  return `${prefix}/${device}/chunk/${task}/${offset}`;
}

/** `{prefix}/{device}/{kind}` */
export function topicOf(prefix: string, device: string, kind: string): string {
  return `${prefix}/${device}/${kind}`;
}

/** The device and the last levels of a topic under the prefix; `undefined` for any other topic. */
export function parseTopic(
  prefix: string,
  topic: string,
): { device: string; rest: string } | undefined {
  if (!topic.startsWith(`${prefix}/`)) return undefined;
  const slash = topic.indexOf("/", prefix.length + 1);
  if (slash < 0) return undefined;
  const device = parseDeviceId(topic.slice(prefix.length + 1, slash));
  const rest = topic.slice(slash + 1);
  return device === undefined || rest === "" ? undefined : { device, rest };
}

/** What `device` may say on `topic`, a report or an ask; `undefined`: it may not publish there. */
export function publishableKind(
  prefix: string,
  device: string,
  topic: string,
): ReportKind | AskKind | undefined {
  const { device: own, rest = "" } = parseTopic(prefix, topic) ?? {};
  return own === device && (isReportKind(rest) || isAskKind(rest)) ? rest : undefined;
}

/** A device may subscribe with any filter that begins with `{prefix}/{own id}/`. */
export function maySubscribe(prefix: string, device: string, filter: string): boolean {
  const own = `${prefix}/${device}/`;
  return filter.startsWith(own) && filter.length > own.length && filter.length <= 512;
}

/** Whether the topic is one that the filter asks for (MQTT 3.1.1 §4.7). */
export function matchesFilter(filter: string, topic: string): boolean {
  const wanted = filter.split("/");
  const levels = topic.split("/");
  for (const [index, level] of wanted.entries()) {
    if (level === "#") return true;
    if (index >= levels.length || level !== "+" && level !== levels[index]) return false;
  }
  return wanted.length === levels.length;
}

/** Whether a filter of a device covers its metadata topic: then the device listens. */
export function coversMetadata(prefix: string, device: string, filter: string): boolean {
  return maySubscribe(prefix, device, filter) &&
    matchesFilter(filter, topicOf(prefix, device, "metadata"));
}

/** MQTT client ids of a device: its id, or its id, `/` and anything. */
export function isClientIdOf(device: string, clientId: string): boolean {
  return clientId === device || clientId.startsWith(`${device}/`);
}
