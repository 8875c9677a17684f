/** The head of an answer as text (RFC 9112 §4). */

const REASONS = { 200: "OK", 206: "Partial Content", 304: "Not Modified", 416: "" } as const;

let dateText = "";
let dateSecond = 0;

/** RFC 9110 §6.6.1; made once a second. */
function date(): string {
  const now = Date.now();
  const second = Math.floor(now / 1000);
  if (second !== dateSecond) [dateSecond, dateText] = [second, new Date(now).toUTCString()];
  return dateText;
}

/** Status line and header fields, with the empty line behind them. */
export function headText(
  status: keyof typeof REASONS,
  fields: Readonly<Record<string, string>>,
): string {
  let text = `HTTP/1.1 ${status} ${REASONS[status]}\r\n`;
  for (const name in fields) text += `${name}: ${fields[name]}\r\n`;
  return `${text}date: ${date()}\r\n\r\n`;
}
