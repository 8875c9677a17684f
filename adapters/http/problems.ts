/** Refusals as problem details (RFC 9457). */
import type { ZodError } from "zod";
import { problem } from "../../core/mod.ts";
import type { Problem } from "../../core/mod.ts";

/** Refusals that only HTTP knows: the core has no word for them. */
const ownTitles = { 405: "Method not allowed", 408: "Request timeout" } as const;

/** Problem details of any status that is used here. */
export type HttpProblem = Omit<Problem, "status"> & {
  readonly status: Problem["status"] | keyof typeof ownTitles;
};

type More = Parameters<typeof problem>[2];

/** Thrown by a handler to refuse the request. */
export class Refused extends Error {
  override readonly name = "Refused";
  /** What to answer. */
  readonly problem: HttpProblem;
  /** Further headers of the answer. */
  readonly headers: Readonly<Record<string, string>>;
  /** `more` as in `problem()`. */
  constructor(
    status: HttpProblem["status"],
    detail: string,
    more?: More,
    headers: Readonly<Record<string, string>> = {},
  ) {
    super(detail);
    this.problem = status === 405 || status === 408
      ? { status, title: ownTitles[status], detail, ...more }
      : problem(status, detail, more);
    this.headers = headers;
  }
}

/** The refusal as a response. */
export function refusalResponse({ problem, headers }: Refused): Response {
  return problemResponse(problem, headers);
}

/** Basic goes first: ESP-IDF looks at nothing behind the first scheme that it is offered. */
const CHALLENGE = 'Basic realm="otalog", Bearer realm="otalog"';

/** A problem as a response. */
export function problemResponse(
  given: HttpProblem,
  more: Readonly<Record<string, string>> = {},
): Response {
  const headers: Record<string, string> = { "content-type": "application/problem+json", ...more };
  if (given.status === 401) headers["www-authenticate"] = CHALLENGE;
  // All that were turned away at once would come back at once.
  if (given.status === 503) headers["retry-after"] ??= String(5 + Math.floor(Math.random() * 6));
  return new Response(JSON.stringify(given), { status: given.status, headers });
}

/** What a schema found wrong, field by field. */
export function invalid(what: string, error: ZodError): Refused {
  const errors = error.issues.slice(0, 20).flatMap(({ message, ...issue }) => {
    const keys = issue.code === "unrecognized_keys" ? issue.keys : [];
    const paths = keys.length > 0 ? keys.map((key) => [...issue.path, key]) : [issue.path];
    return paths.map((path) => ({ path: path.join("."), message }));
  });
  return new Refused(422, `The ${what} is not valid: see errors.`, { errors });
}
