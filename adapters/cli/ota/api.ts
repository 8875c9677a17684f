/** A client of the operators' HTTP API; every refusal becomes one sentence. */
import type { Access } from "./connection.ts";
import { inOwnWords } from "./own_words.ts";

/** JSON as the API gives it. */
// deno-lint-ignore no-explicit-any -- each route has its own answer, and what is shown is read only
export type Json = Record<string, any>;

/** The API refused; the message is one sentence. */
export class ApiError extends Error {
  override readonly name = "ApiError";
  readonly status: number;
  /** `status`: that of the answer; 0 when there was none. */
  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** The longest wait for an answer. */
const ANSWER_MS = 30_000;
const PAGE = 500;

/** The API of one engine. */
export class Api {
  readonly access: Access;
  readonly #flagOf: (path: string) => string;

  /** `flagOf` names what a person gave for a member of a request. */
  constructor(access: Access, flagOf: (path: string) => string = flagName) {
    this.access = access;
    this.#flagOf = flagOf;
  }

  /** The answer's JSON; `{}` without a body. @throws {ApiError} */
  async ask(method: string, path: string, body?: object): Promise<Json> {
    const response = await this.open(path, {
      method,
      signal: AbortSignal.timeout(ANSWER_MS),
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text().catch((error) => this.unreachable(error));
    return this.read(response.status, text);
  }

  /** The items of a list, page by page. @throws {ApiError} */
  async *list(path: string, query: Record<string, string | undefined> = {}): AsyncGenerator<Json> {
    const given = Object.entries(query).filter((entry): entry is [string, string] => !!entry[1]);
    const search = new URLSearchParams([...given, ["limit", `${PAGE}`]]);
    for (;;) {
      const page = await this.ask("GET", `${path}?${search}`);
      yield* page.items;
      if (page.next === undefined) return;
      search.set("after", page.next);
    }
  }

  /** An answer whose body was not read. @throws {ApiError} when there is none. */
  async open(path: string, init: RequestInit): Promise<Response> {
    const { url, token } = this.access;
    const headers = { ...init.headers, authorization: `Bearer ${token}` };
    // A redirect is not followed: whoever it names was not asked to be given the token.
    const how: RequestInit = { ...init, headers, redirect: "manual" };
    return await fetch(`${url}${path}`, how).catch((error) => this.unreachable(error));
  }

  /** What an answer says. @throws {ApiError} when that is a refusal, or not of this API. */
  read(status: number, text: string): Json {
    const answer = parse(text);
    const isOk = status >= 200 && status < 300;
    if (isOk && answer) return answer;
    throw new ApiError(status, this.#refusal(status, answer));
  }

  /** @throws {ApiError} always: nobody answered. */
  unreachable(error: unknown): never {
    const { url } = this.access;
    const { name, message, cause } = error as Error;
    const said = cause instanceof Error ? cause.message : message;
    const isLate = name === "TimeoutError";
    const why = isLate ? `no answer within ${ANSWER_MS / 1_000} s` : brief(said);
    const check = "Check that it runs, and its address (--url or OTALOG_URL)";
    throw new ApiError(0, `Cannot reach the engine at ${url}: ${why}. ${check}.`);
  }

  #refusal(status: number, answer: Json | undefined): string {
    const { url, tokenFrom } = this.access;
    if (status === 401) {
      return `The engine at ${url} does not take the operator's token of ${tokenFrom}. ` +
        "Give another with --token-file or OTALOG_OPERATOR_TOKEN.";
    }
    const errors: { path: string; message: string }[] | undefined = answer?.errors;
    if (errors?.length) {
      const wrong = errors.map(({ path, message }) =>
        `${this.#flagOf(path)} ${inOwnWords(message)}`
      );
      return `${wrong.join("; ")}.`;
    }
    if (typeof answer?.detail === "string") return inOwnWords(answer.detail);
    return `What answers at ${url} is no otalog engine (status ${status}). Check --url.`;
  }
}

/** The flag that a member of a request is given by. */
export function flagName(path: string): string {
  return `--${path.split(".")[0]!.replaceAll("_", "-")}`;
}

/** What the runtime says of a failed connection, without the address that we name ourselves. */
function brief(message: string): string {
  if (/connection refused|ECONNREFUSED/i.test(message)) return "the connection was refused";
  if (/dns error|getaddrinfo/i.test(message)) return "its name is not known";
  return message.split(": ").at(-1)!.replace(/\.$/, "");
}

function parse(text: string): Json | undefined {
  if (text === "") return {};
  try {
    const value = JSON.parse(text);
    return typeof value === "object" && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}
