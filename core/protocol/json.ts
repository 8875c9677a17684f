/**
 * Hostile JSON in, a plain value out. Never throws: malformed input is data (`undefined`).
 */
import { JSON_DEPTH_MAX } from "./limits.ts";

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** The text of the bytes, or `undefined` when they are not UTF-8. */
export function decodeText(bytes: Uint8Array): string | undefined {
  try {
    return decoder.decode(bytes);
  } catch {
    return undefined;
  }
}

/**
 * Parses JSON text. `undefined` when it is malformed, nested deeper than {@link JSON_DEPTH_MAX} or
 * has a member `__proto__` or half a surrogate pair anywhere (RFC 8785 has no form for that; RFC 8259
 * leaves duplicate names open: the last one counts).
 */
export function parseJson(text: string): { value: unknown } | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  return isTame(value) ? { value } : undefined;
}

/** Walks level by level, not by recursion: the depth of the input must not become our stack's. */
function isTame(root: unknown): boolean {
  let level: unknown[] = [root];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > JSON_DEPTH_MAX) return false;
    const next: unknown[] = [];
    for (const value of level) {
      if (typeof value === "string" && !value.isWellFormed()) return false;
      if (typeof value !== "object" || value === null) continue;
      if (Object.hasOwn(value, "__proto__")) return false;
      for (const [name, member] of Object.entries(value)) next.push(name, member);
    }
    level = next;
  }
  return true;
}
