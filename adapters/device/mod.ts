/** A virtual device: a real client over real MQTT and HTTP, for demonstrations and tests. */
export { VirtualDevice } from "./device.ts";
export type {
  DeviceEnd,
  DeviceEvent,
  DeviceFaults,
  DeviceOptions,
  DeviceStats,
} from "./options.ts";
