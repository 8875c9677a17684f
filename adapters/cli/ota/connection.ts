/** Where the engine is and who asks it: the flags that every command has. */
import { text, textOr, toggle, UsageError } from "../args.ts";
import type { Values } from "../args.ts";

/** What the environment says. */
export interface OtaEnvironment {
  /** `OTALOG_URL` */
  readonly url: string | undefined;
  /** `OTALOG_OPERATOR_TOKEN` */
  readonly token: string | undefined;
}

/** An engine and the right to ask it. */
export interface Access {
  /** Without a slash at its end. */
  readonly url: string;
  readonly token: string;
  /** Where the token came from, for somebody whose token is refused. */
  readonly tokenFrom: string;
}

const URL_DEFAULT = "http://127.0.0.1:8000";

/** The flags of every command. The token is none of them: others see them in the process list. */
export const connectionFlags = {
  url: text("URL", `The engine [OTALOG_URL, else ${URL_DEFAULT}]`),
  "token-file": text("FILE", "The operator's token [OTALOG_OPERATOR_TOKEN, else one in --data]"),
  data: textOr("DIR", "./data", "The engine's data folder, for its operator.token"),
  json: toggle("Print the API's JSON, lists as one item per line"),
};

/** @throws {UsageError} for a URL that is none, and for a token that is not there. */
export async function accessOf(
  given: Values<typeof connectionFlags>,
  environment: OtaEnvironment,
): Promise<Access> {
  const url = checkUrl(given.url ?? environment.url ?? URL_DEFAULT);
  const { "token-file": file, data } = given;
  if (file === undefined && environment.token) {
    return { url, token: environment.token, tokenFrom: "OTALOG_OPERATOR_TOKEN" };
  }
  const tokenFrom = file ?? `${data}/operator.token`;
  return { url, token: await readToken(tokenFrom), tokenFrom };
}

async function readToken(file: string): Promise<string> {
  const token = await Deno.readTextFile(file).then((text) => text.trim(), (error: Error) => {
    const why = error instanceof Deno.errors.NotFound ? "there is no such file" : error.message;
    throw new UsageError(`Cannot read the operator's token from ${file}: ${why}. ${HOW_TO}`);
  });
  if (/^[\x21-\x7e]+$/.test(token)) return token;
  throw new UsageError(`${file} holds no operator's token. ${HOW_TO}`);
}

const HOW_TO = "Name its file with --token-file, the engine's folder with --data, " +
  "or set OTALOG_OPERATOR_TOKEN.";

function checkUrl(url: string): string {
  const parsed = URL.parse(url);
  const isPlain = parsed && /^https?:$/.test(parsed.protocol) && !/[?#]/.test(url);
  if (isPlain && !parsed.username && !parsed.password) return parsed.href.replace(/\/+$/, "");
  throw new UsageError(
    `--url or OTALOG_URL must be a URL such as ${URL_DEFAULT}, without user name, ? and #.`,
  );
}
