/** The connection that an answer leaves by, as little of it as a handler may touch. */
import type { HttpBindings } from "@hono/node-server";

/** The connection of one request. */
export interface Wire {
  /** Ends it at once. */
  cut(): void;
  /** Calls back once, when the answer was handed over whole or the connection is gone before. */
  onClosed(call: (isWhole: boolean) => void): void;
  /** The same number for all answers that leave by the same connection. */
  readonly connection: number;
}

let connections = 0;
/** A number is kept where the connection itself is not to be held in memory. */
const numbers = new WeakMap<object, number>();

/** The number of no connection so far. */
export function newNumber(): number {
  return ++connections;
}

/** The same number for the same connection. */
export function numberOf(connection: object): number {
  const number = numbers.get(connection) ?? newNumber();
  numbers.set(connection, number);
  return number;
}

/** `undefined` where the application is called without a socket. */
export function wireOf({ outgoing }: Partial<HttpBindings> = {}): Wire | undefined {
  return outgoing && {
    // A reset, as what already waits in the socket is not to arrive either.
    cut: () => void (outgoing.socket?.resetAndDestroy() ?? outgoing.destroy()),
    onClosed: (call) => void outgoing.once("close", () => call(outgoing.writableFinished)),
    connection: numberOf(outgoing.socket ?? outgoing),
  };
}
