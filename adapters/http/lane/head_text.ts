/** The head of an answer as text (RFC 9112 §4), as the platform would write it. */
import { STATUS_CODES } from "node:http";

let dateText = "";
let dateSecond = 0;

/** RFC 9110 §6.6.1; made once a second. */
function date(): string {
  const now = Date.now();
  const second = Math.floor(now / 1000);
  if (second !== dateSecond) [dateSecond, dateText] = [second, new Date(now).toUTCString()];
  return dateText;
}

/**
 * Status line and header fields, with the empty line behind them. Whoever is told for how long the
 * connection stays asks nothing on one that is about to be closed.
 */
export function headText(
  status: number,
  fields: Readonly<Record<string, string>>,
  keepAliveMs: number,
): string {
  let text = `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n`;
  for (const name in fields) text += `${name}: ${fields[name]}\r\n`;
  return `${text}Date: ${date()}\r\nConnection: keep-alive\r\n` +
    `Keep-Alive: timeout=${Math.floor(keepAliveMs / 1_000)}\r\n\r\n`;
}
