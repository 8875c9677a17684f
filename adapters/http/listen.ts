/**
 * The listener: `node:http`, since it alone has time limits. A peer that sends half a header, or
 * nothing, is cut; one that uploads slowly is not.
 */
import { createServer } from "node:http";
import type { IncomingMessage } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { getRequestListener, RequestError } from "@hono/node-server";
import type { HttpBindings } from "@hono/node-server";
import { problem } from "../../core/mod.ts";
import { Lane } from "./lane/lane.ts";
import { HTTP_LIMITS } from "./limits.ts";
import { problemResponse } from "./problems.ts";
import type { HttpLimits } from "./limits.ts";
import type { HttpDeps } from "./route.ts";

/** A running listener. */
export interface HttpListener {
  readonly host: string;
  readonly port: number;
  /** How many connections are open. */
  readonly connections: number;
  /** From now on requests for images are answered on a way of their own; faults are told. */
  openLane(deps: HttpDeps, onFault?: (error: unknown) => void): void;
  /** Ends every connection and the listener. */
  close(): Promise<void>;
}

type Fetch = (request: Request, env: HttpBindings) => Response | Promise<Response>;

const CONNECTIONS_MAX = 12_000;
/** So many may wait to be accepted, as far as the system allows: a fleet may come back at once. */
const BACKLOG = 4_096;
/** What stands for the host where none is named; no route looks at it. */
const NO_HOST = "localhost";
const oneHost = "The request must name its host once. Send one Host header.";

/**
 * Serves the application.
 *
 * @throws {Error} when the address cannot be listened on; the sentence says what to do.
 */
export async function listen(
  fetch: Fetch,
  host: string,
  port: number,
  limits: Pick<HttpLimits, "headMs" | "keepAliveMs"> = HTTP_LIMITS,
): Promise<HttpListener> {
  const answer = getRequestListener((request, env) => {
    const bindings = env as HttpBindings;
    if (isBodyless(bindings.incoming)) endWithAnswer(bindings);
    return namesItsHost(bindings.incoming) ? fetch(request, bindings) : malformed(oneHost);
  }, { hostname: NO_HOST, errorHandler });
  // A missing Host is ours to answer: HTTP/1.0 has none, and HTTP/1.1 is told what is missing.
  const server = createServer({
    maxHeaderSize: 16_384,
    requireHostHeader: false,
    // Half a head is looked for that often; the platform does it every 30 s.
    connectionsCheckingInterval: limits.headMs / 4,
  }, answer);
  server.headersTimeout = limits.headMs;
  server.keepAliveTimeout = limits.keepAliveMs;
  // An upload may last; a body that stalls is cut by its reader.
  server.requestTimeout = 0;
  server.maxConnections = CONNECTIONS_MAX;
  let connections = 0;
  let lane: Lane | undefined;
  const [handOver] = server.listeners("connection") as [(socket: Socket) => void];
  server.off("connection", handOver);
  server.on("connection", (socket: Socket) => {
    connections++;
    socket.once("close", () => connections--);
    if (lane) lane.take(socket);
    else handOver.call(server, socket);
  });
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once("error", reject);
  server.listen(port, host, BACKLOG, resolve);
  try {
    await promise;
  } catch (error) {
    throw listenError(`${host}:${port}`, error as NodeJS.ErrnoException);
  }
  const close = async () => {
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    lane?.close();
    server.closeAllConnections();
    await closed;
  };
  return {
    host,
    port: (server.address() as AddressInfo).port,
    get connections() {
      return connections;
    },
    openLane: (deps, onFault = () => {}) => {
      lane ??= new Lane(deps, (socket) => handOver.call(server, socket), onFault);
    },
    close,
  };
}

/** Whether the request announces a body that nobody will read (RFC 9110 §9.3.1). */
function isBodyless({ method, headers }: IncomingMessage): boolean {
  const isAnnounced = headers["transfer-encoding"] !== undefined ||
    Number(headers["content-length"] ?? 0) > 0;
  return isAnnounced && (method === "GET" || method === "HEAD");
}

/** Such a body could trickle in for ever: its connection ends with the answer. */
function endWithAnswer({ incoming, outgoing }: HttpBindings): void {
  outgoing.setHeader("connection", "close");
  outgoing.once("finish", () => incoming.socket.destroySoon());
}

/** Says what is wrong with the head, and ends the connection: where its body ends is unsure, too. */
function malformed(detail: string): Response {
  return problemResponse(problem(400, detail), { connection: "close" });
}

/** One Host with HTTP/1.1, at most one before it: two smuggle requests past a proxy (RFC 9112 §3.2). */
function namesItsHost({ httpVersion, rawHeaders }: IncomingMessage): boolean {
  const names = rawHeaders.filter((_, index) => index % 2 === 0);
  const hosts = names.filter((name) => name.toLowerCase() === "host").length;
  return hosts === 1 || hosts === 0 && httpVersion === "1.0";
}

function errorHandler(error: unknown): Response {
  return error instanceof RequestError
    ? malformed("The path or the Host header of the request is malformed. Send a valid one.")
    : problemResponse(problem(500, "The engine failed on this request."));
}

function listenError(address: string, error: NodeJS.ErrnoException): Error {
  const reason = error.code === "EADDRINUSE" ? "the port is in use" : error.message;
  return new Error(`Cannot listen on ${address}: ${reason}. Choose another with --http.`);
}
