/** Refusals as problem details (RFC 9457). */
import type { ZodError } from "zod";
import { problem } from "../../core/mod.ts";
import type { Problem } from "../../core/mod.ts";

/** Thrown by a handler to refuse the request. */
export class Refused extends Error {
  override readonly name = "Refused";
  /** What to answer. */
  readonly problem: Problem;
  /** Further headers of the answer. */
  readonly headers: Readonly<Record<string, string>> = {};
  /** `more` as in `problem()`. */
  constructor(status: Problem["status"], detail: string, more?: Parameters<typeof problem>[2]) {
    super(detail);
    this.problem = problem(status, detail, more);
  }
}

/** A problem as a response. */
export function problemResponse(
  given: Problem,
  more: Readonly<Record<string, string>> = {},
): Response {
  const headers: Record<string, string> = { "content-type": "application/problem+json", ...more };
  if (given.status === 401) headers["www-authenticate"] = 'Bearer realm="otalog"';
  if (given.status === 503) headers["retry-after"] = "5";
  return new Response(JSON.stringify(given), { status: given.status, headers });
}

/** What a schema found wrong, field by field. */
export function invalid(what: string, error: ZodError): Refused {
  const errors = error.issues.slice(0, 20).flatMap((issue) => {
    const path = issue.path.join(".");
    const keys = issue.code === "unrecognized_keys" ? issue.keys : undefined;
    return keys
      ? keys.map((key) => ({
        path: [path, key].filter(Boolean).join("."),
        message: "is not known here",
      }))
      : [{ path, message: issue.message }];
  });
  return new Refused(422, `The ${what} is not valid: see errors.`, { errors });
}
