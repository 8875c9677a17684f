/** Why checkpoints cannot go somewhere, as a sentence for whoever starts the engine. */

/** What the operating system's codes mean to a person. */
const reasons: Readonly<Record<string, string>> = {
  // The file itself is made.
  ENOENT: "its folder does not exist",
  EACCES: "permission denied",
  EPERM: "permission denied",
  EROFS: "the file system is read-only",
  ENOTDIR: "a part of the path is not a folder",
  EISDIR: "it is a folder, not a file",
  ENOSPC: "the disk is full",
  EDQUOT: "the disk is full",
  EIO: "the disk fails",
  ELOOP: "its links lead in circles",
};

/** Does it; what the operating system refuses becomes `{what}: {why}. {what to do}` */
export async function orExplain<T>(
  what: string,
  whatToDo: string,
  act: () => Promise<T>,
): Promise<T> {
  try {
    return await act();
  } catch (error) {
    const { code = "", message } = error as { code?: string; message: string };
    const why = reasons[code] ?? message.replace(/\.$/, "");
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
