/** Why an engine is not reached or does not let a device in, as a person says it. */

/** CONNACK return codes (MQTT 3.1.1 §3.2.2.3): 3, "server unavailable", is the only passing one. */
const SERVER_UNAVAILABLE = 3;
const IDENTIFIER_REJECTED = 2;
const CONNACK_CODE_MAX = 5;

/** It takes connections, or took one, and says nothing. */
export const NO_ANSWER = "there is no answer";

const reasons: Readonly<Record<string, string>> = {
  ECONNREFUSED: "nothing listens there",
  ECONNRESET: "the connection was cut",
  ENOTFOUND: "there is no host of that name",
  EAI_AGAIN: "the name of the host cannot be looked up now",
  EHOSTUNREACH: "there is no way to that host",
  ENETUNREACH: "there is no way to that network",
  ETIMEDOUT: NO_ANSWER,
};

type Failure = Error & { readonly code?: unknown };

/** Whether the broker refused the login for good. */
export function isRefusal({ code }: Failure): boolean {
  return typeof code === "number" && code !== SERVER_UNAVAILABLE && code <= CONNACK_CODE_MAX;
}

/** The sentence about a refusal; `who` refused it, at which address. */
export function refusedBy(who: string, id: string, { code }: Partial<Failure> = {}): Error {
  const why = code === IDENTIFIER_REJECTED
    ? "its id is not the one that the token belongs to. Check the id."
    : "the token is wrong or the device was revoked. " +
      "Give its present token, or have an operator issue a new one.";
  return new Error(`${who} refused device ${id}: ${why}`);
}

/** Why the broker is not reached: a word or two. */
export function whyUnreachable({ code, message }: Failure): string {
  if (code === SERVER_UNAVAILABLE) return "the broker takes nobody now";
  if (message === "connack timeout") return NO_ANSWER;
  return reasons[String(code)] ?? message;
}

/** What `fetch` says in its own words, of which only these tell anybody something. */
const fetched: readonly (readonly [RegExp, string])[] = [
  [/connection refused/i, "ECONNREFUSED"],
  [/dns error|lookup address/i, "ENOTFOUND"],
  [/reset by peer|connection closed|error reading/i, "ECONNRESET"],
  [/timed out|due to timeout/i, "ETIMEDOUT"],
];

/** Why an HTTP request came to nothing: a word or two, else what `fetch` says itself. */
export function whyNotFetched({ message, cause }: Error): string {
  const said = cause instanceof Error ? cause.message : message;
  const code = fetched.find(([words]) => words.test(said))?.[1];
  return code === undefined ? said : reasons[code]!;
}
