/** Why checkpoints cannot go somewhere, as a sentence for whoever starts the engine. */
import { reasonOf } from "../../core/trouble/mod.ts";

/** The file itself is made. */
const TO_BE_MADE = { ENOENT: "its folder does not exist" };

/** Does it; what the operating system refuses becomes `{what}: {why}. {what to do}` */
export async function orExplain<T>(
  what: string,
  whatToDo: string,
  act: () => Promise<T>,
): Promise<T> {
  try {
    return await act();
  } catch (error) {
    const why = reasonOf(error, TO_BE_MADE);
    throw new Error(`${what}: ${why}. ${whatToDo}`.trim(), { cause: error });
  }
}

/** What `fetch` says in its own words, of which only these tell anybody something. */
const fetched: readonly (readonly [RegExp, string])[] = [
  [/connection refused/i, "nobody listens there"],
  [/dns error|lookup address/i, "there is no host of that name"],
  [/reset by peer|connection closed|error reading|broken pipe/i, "the connection was cut"],
  [/unreachable/i, "there is no way to that host"],
  [/timed out|due to timeout/i, "there is no answer"],
  [/certificate/i, "its certificate is not one to trust"],
  [/corrupt message/i, "it does not speak TLS"],
  [/HTTP version|invalid HTTP|parse/i, "it does not speak HTTP"],
  [/are blocked/i, "no HTTP is allowed at that port"],
];

/** Why a request came to nothing. The words of `fetch` may hold the whole URL: they are not repeated. */
export function whyNotSent({ message, cause }: Error): string {
  const said = `${message} ${cause instanceof Error ? cause.message : ""}`;
  return fetched.find(([words]) => words.test(said))?.[1] ?? "the request failed";
}
