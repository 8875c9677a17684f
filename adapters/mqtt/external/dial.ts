/** Opens the socket to a broker, with or without TLS. */
import { connect, isIP } from "node:net";
import type { Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { BrokerTrouble, troubleOf } from "./trouble.ts";

/** Where a broker is, and how to know it. */
export interface BrokerAddress {
  readonly host: string;
  readonly port: number;
  readonly isTls: boolean;
  /** PEM texts: who may speak for the broker (otherwise whom the system trusts), and who we are. */
  readonly ca?: string | undefined;
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
}

/** From the name to a connection that can be used. */
const DIAL_MS = 10_000;

/** `host:port`, with brackets around an IPv6 address. */
export function addressText({ host, port }: BrokerAddress): string {
  return `${host.includes(":") ? `[${host}]` : host}:${port}`;
}

/** Connects, unless it is called off. @throws {BrokerTrouble} that names the step which failed. */
export async function dial(broker: BrokerAddress, signal: AbortSignal): Promise<Socket> {
  signal.throwIfAborted();
  const address = addressText(broker);
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const socket = open(broker);
  let isConnected = false;
  const fail = (error: unknown) =>
    reject(troubleOf(error, address, isConnected ? "tls" : "closed"));
  const timer = setTimeout(
    () =>
      reject(
        new BrokerTrouble(isConnected ? "tls" : "silent", address, `after ${DIAL_MS / 1_000} s`),
      ),
    DIAL_MS,
  );
  socket.once("connect", () => isConnected = true);
  socket.once(broker.isTls ? "secureConnect" : "connect", () => resolve());
  socket.once("error", fail);
  socket.once("close", () => fail(new Error("it closed the connection")));
  const callOff = () => fail(new Error("called off"));
  signal.addEventListener("abort", callOff);
  try {
    await promise;
    return socket;
  } catch (error) {
    socket.on("error", () => {});
    socket.destroy();
    throw error;
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", callOff);
    socket.off("error", fail);
  }
}

function open({ host, port, isTls, ca, cert, key }: BrokerAddress): Socket {
  if (!isTls) return connect(port, host);
  const known = { ...(ca && { ca }), ...(cert && { cert }), ...(key && { key }) };
  return connectTls({ host, port, ...known, ...(isIP(host) ? {} : { servername: host }) });
}
