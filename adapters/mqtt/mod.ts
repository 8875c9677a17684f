/**
 * Devices over MQTT: the embedded broker, or the link to one that the team already runs. Carries bytes;
 * what they mean is the core's business.
 */
export { Broker, createBroker } from "./embedded/broker.ts";
export type { BrokerOptions } from "./embedded/broker.ts";
export type { BrokerAddress } from "./external/dial.ts";
export { BrokerLink } from "./external/link.ts";
export type { LinkOptions } from "./external/link.ts";
export type { MqttVersion } from "./external/publish.ts";
export type { MqttWay } from "./way.ts";
