/** Devices over MQTT: the embedded broker. Carries bytes; what they mean is the core's business. */
export { Broker, createBroker } from "./broker.ts";
export type { BrokerOptions } from "./broker.ts";
