/**
 * A refusal as an operator sees it: problem details (RFC 9457). The core decides status and words,
 * the HTTP adapter only writes them down.
 */

/** Problem details (RFC 9457 §3.1); `errors` names what is wrong with the input, field by field. */
export interface Problem {
  /** The HTTP status. */
  readonly status: 400 | 401 | 403 | 404 | 409 | 411 | 413 | 415 | 416 | 422 | 429 | 500 | 503;
  /** The kind of problem, the same for each status. */
  readonly title: string;
  /** What was wrong and what to do. */
  readonly detail: string;
  /** The open task that stands in the way (an extension member, RFC 9457 §3.2). */
  readonly task_id?: string;
  /** What is wrong with the input, field by field. */
  readonly errors?: readonly { readonly path: string; readonly message: string }[];
}

const titles: Readonly<Record<Problem["status"], string>> = {
  400: "Bad request",
  401: "Not authenticated",
  403: "Not allowed",
  404: "Not found",
  409: "Conflict",
  411: "Length required",
  413: "Too large",
  415: "Unsupported media type",
  416: "Range not satisfiable",
  422: "Invalid input",
  429: "Too many requests",
  500: "Internal error",
  503: "Not available now",
};

/** Builds problem details; `detail` is a sentence that says what to do. */
export function problem(
  status: Problem["status"],
  detail: string,
  more: Pick<Problem, "errors" | "task_id"> = {},
): Problem {
  return { status, title: titles[status], detail, ...more };
}
