/** What is wrong with a value, in our words: they follow the path of the value in `errors`. */
import type { z } from "zod";

type Issue = Parameters<z.core.$ZodErrorMap>[0];

const kinds: Readonly<Record<string, string>> = {
  int: "an integer",
  object: "an object",
  record: "an object",
  array: "a list",
  boolean: "true or false",
};

/**
 * Words an issue that its schema has no words for.
 *
 * @internal its type is one of the schema library
 */
export function wordsOf(issue: Issue): string {
  if (issue.input === undefined) return "is missing";
  switch (issue.code) {
    case "invalid_type":
      return `must be ${kinds[issue.expected] ?? `a ${issue.expected}`}`;
    case "invalid_value":
      return `must be one of ${issue.values.map(String).join(", ")}`;
    case "too_small":
      return bound(issue.origin, "at least", issue.minimum);
    case "too_big":
      return bound(issue.origin, "at most", issue.maximum);
    case "unrecognized_keys":
      return "is not known here";
    default:
      return "does not have the right form";
  }
}

/** Numbers are so large themselves, everything else has so many. */
function bound(origin: string, words: string, limit: number | bigint): string {
  if (origin === "string") return `must have ${words} ${limit} characters`;
  if (origin === "array") return `must have ${words} ${limit} items`;
  return `must be ${words} ${limit}`;
}
