/**
 * Canonical JSON (RFC 8785) for the values a log holds: plain objects, arrays, strings, booleans,
 * null and integers. Two equal values always give the same text.
 */

/**
 * Writes a value as canonical JSON: members sorted by UTF-16 code units, no white space. Members
 * that are `undefined` are left out.
 *
 * @throws {TypeError} for what a log never holds (fractions, NaN, functions): a programmer's error.
 */
export function canonicalJson(value: unknown): string {
  return isInOrder(value) ? JSON.stringify(value) : written(value);
}

/** Whether `JSON.stringify` writes the value as canonical JSON. */
export function isInOrder(value: unknown): boolean {
  if (typeof value === "string" || typeof value === "boolean" || value === null) return true;
  if (typeof value === "number") return Number.isSafeInteger(value);
  if (typeof value !== "object") return false;
  if (Array.isArray(value)) return value.every(isInOrder);
  const members = value as Record<string, unknown>;
  let last = "";
  for (const name in members) {
    // Names that are numbers come first in an object, whatever order they were given in.
    if (name <= last && last !== "" || isDigit(name) || !isInOrder(members[name])) return false;
    last = name;
  }
  return true;
}

function isDigit(name: string): boolean {
  const unit = name.charCodeAt(0);
  return unit >= 48 && unit <= 57;
}

function written(value: unknown): string {
  switch (typeof value) {
    case "string":
      return JSON.stringify(value);
    case "boolean":
      return value ? "true" : "false";
    case "number":
      if (!Number.isSafeInteger(value)) throw new TypeError(`Cannot log ${value}: not an integer`);
      return Object.is(value, -0) ? "0" : String(value);
    case "object":
      if (value === null) return "null";
      return Array.isArray(value) ? `[${value.map(canonicalJson).join()}]` : canonicalObject(value);
    default:
      throw new TypeError(`Cannot log a value of type ${typeof value}`);
  }
}

function canonicalObject(object: object): string {
  const members = object as Record<string, unknown>;
  let text = "";
  // The default order of sort() is by UTF-16 code units, as RFC 8785 §3.2.3 asks.
  for (const name of Object.keys(members).sort()) {
    const value = members[name];
    if (value === undefined) continue;
    text += `${text === "" ? "" : ","}${JSON.stringify(name)}:${canonicalJson(value)}`;
  }
  return `{${text}}`;
}
