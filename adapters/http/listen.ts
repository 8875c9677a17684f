/**
 * The listener: `node:http`, since it alone has time limits. A peer that sends half a header, or
 * nothing, is cut; one that uploads slowly is not.
 */
import { createAdaptorServer } from "@hono/node-server";
import type { HttpBindings } from "@hono/node-server";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { problem } from "../../core/mod.ts";
import { problemResponse } from "./problems.ts";

/** A running listener. */
export interface HttpListener {
  readonly host: string;
  readonly port: number;
  /** Ends every connection and the listener. */
  close(): Promise<void>;
}

type Fetch = (request: Request, env: HttpBindings) => Response | Promise<Response>;

const HEADERS_TIMEOUT_MS = 10_000;
const KEEP_ALIVE_MS = 30_000;
const CONNECTIONS_MAX = 12_000;

/**
 * Serves the application.
 *
 * @throws {Error} when the address cannot be listened on; the sentence says what to do.
 */
export async function listen(fetch: Fetch, host: string, port: number): Promise<HttpListener> {
  const server = createAdaptorServer({
    fetch: (request, env) => {
      const bindings = env as HttpBindings;
      return hasOneHost(bindings) ? fetch(request, bindings) : problemResponse(twoHosts);
    },
    serverOptions: { maxHeaderSize: 16_384 },
  }) as Server;
  server.headersTimeout = HEADERS_TIMEOUT_MS;
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  // An upload may last; a body that stalls is cut by its reader.
  server.requestTimeout = 0;
  server.maxConnections = CONNECTIONS_MAX;
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once("error", reject);
  server.listen(port, host, resolve);
  try {
    await promise;
  } catch (error) {
    throw listenError(`${host}:${port}`, error as NodeJS.ErrnoException);
  }
  const close = async () => {
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    server.closeAllConnections();
    await closed;
  };
  return { host, port: (server.address() as AddressInfo).port, close };
}

const twoHosts = problem(400, "The request names its host more than once. Send one Host header.");

/** Two Host headers smuggle requests past a proxy (RFC 9112 §3.2). */
function hasOneHost({ incoming }: HttpBindings): boolean {
  const names = incoming.rawHeaders.filter((_, index) => index % 2 === 0);
  return names.filter((name) => name.toLowerCase() === "host").length < 2;
}

function listenError(address: string, error: NodeJS.ErrnoException): Error {
  const reason = error.code === "EADDRINUSE" ? "the port is in use" : error.message;
  return new Error(`Cannot listen on ${address}: ${reason}. Choose another with --http.`);
}
