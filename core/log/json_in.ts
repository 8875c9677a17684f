/** The value of a JSON text that anybody may have written; `undefined`: it is none. Never throws. */
export function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
