/** How a connection ends: refused before it began, or lost. */
import type { MqttClient } from "mqtt";
import { addressText } from "./dial.ts";
import type { BrokerAddress } from "./dial.ts";
import { BrokerTrouble, troubleOf } from "./trouble.ts";
import type { Wire } from "./wire.ts";

/** CONNACK codes (MQTT 3.1.1 §3.2.2.3, MQTT 5 §3.2.2.2). */
const WRONG_VERSION = [1, 132];
const WRONG_LOGIN = [4, 5, 134, 135];

/** Why the connection ended, whoever ended it. */
export function goneOf(
  client: MqttClient,
  wire: Wire,
  broker: BrokerAddress,
): Promise<BrokerTrouble> {
  const address = addressText(broker);
  const { promise, resolve } = Promise.withResolvers<BrokerTrouble>();
  let isIn = false;
  const end = (trouble: BrokerTrouble) => resolve(isIn ? trouble : beforeConnack(trouble, broker));
  client.once("connect", () => isIn = true);
  client.on("error", () => {});
  client.on("disconnect", ({ reasonCode = 0 }) => {
    resolve(new BrokerTrouble("closed", address, reasonText(reasonCode)));
  });
  wire.on("error", (error) => end(troubleOf(error, address, "closed")));
  wire.on("close", () => end(new BrokerTrouble("closed", address)));
  return promise;
}

/**
 * With TLS 1.3 a broker refuses our certificate after the handshake, and its reason may be lost with
 * the connection.
 */
function beforeConnack(trouble: BrokerTrouble, broker: BrokerAddress): BrokerTrouble {
  if (!broker.isTls || trouble.step !== "closed") return trouble;
  const detail = "it closed the connection after the handshake";
  return new BrokerTrouble("tls", addressText(broker), detail, { cause: trouble });
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
  broker: BrokerAddress,
): BrokerTrouble {
  const { code, message } = error;
  const address = addressText(broker);
  if (message === "connack timeout") return new BrokerTrouble("silent", address, "to CONNECT");
  if (typeof code !== "number") {
    return beforeConnack(troubleOf(error, address, "closed"), broker);
  }
  if (WRONG_VERSION.includes(code)) return new BrokerTrouble("version", address);
  if (WRONG_LOGIN.includes(code)) return new BrokerTrouble("login", address);
  return new BrokerTrouble("closed", address, message);
}
