/** How a connection ends: refused before it began, or lost. */
import type { MqttClient } from "mqtt";
import { BrokerTrouble, troubleOf } from "./trouble.ts";
import type { Wire } from "./wire.ts";

/** CONNACK codes (MQTT 3.1.1 §3.2.2.3, MQTT 5 §3.2.2.2). */
const WRONG_VERSION = [1, 132];
const WRONG_LOGIN = [4, 5, 134, 135];

/** Why the connection ended, whoever ended it. */
export function goneOf(client: MqttClient, wire: Wire, address: string): Promise<BrokerTrouble> {
  const { promise, resolve } = Promise.withResolvers<BrokerTrouble>();
  client.on("error", () => {});
  client.on("disconnect", ({ reasonCode = 0 }) => {
    resolve(new BrokerTrouble("closed", address, reasonText(reasonCode)));
  });
  wire.on("error", (error) => resolve(troubleOf(error, address, "closed")));
  wire.on("close", () => resolve(new BrokerTrouble("closed", address)));
  return promise;
}

/** Reasons of DISCONNECT (MQTT 5 §3.14.2.1) that say what to do. */
const disconnects: Readonly<Record<number, string>> = {
  139: "it is shutting down",
  141: "it heard nothing for too long",
  142: "another client took over our client id",
  147: "too many messages at once",
  149: "a packet was too large",
  151: "a quota is exhausted",
};

function reasonText(code: number): string {
  return disconnects[code] ?? `reason ${code}`;
}

/** Why there is no connection after all. */
export function refusalOf(
  error: Error & { code?: number | string },
  address: string,
): BrokerTrouble {
  const { code, message } = error;
  if (message === "connack timeout") return new BrokerTrouble("silent", address, "to CONNECT");
  if (typeof code !== "number") return troubleOf(error, address, "closed");
  if (WRONG_VERSION.includes(code)) return new BrokerTrouble("version", address);
  if (WRONG_LOGIN.includes(code)) return new BrokerTrouble("login", address);
  return new BrokerTrouble("closed", address, message);
}
