/** A device with nothing but `fetch`. */
import assert from "node:assert/strict";
import { soon } from "./house.ts";

/** A message over HTTP. */
export interface HttpMessage {
  readonly id: string;
  readonly topic: string;
  // deno-lint-ignore no-explicit-any -- each message has its own payload
  readonly payload: any;
}

/** One device over HTTP. */
export class HttpDevice {
  readonly #url: () => string;
  readonly #id: string;
  readonly #token: string;

  /** `url` gives the engine's, which may move. */
  constructor(url: () => string, id: string, token: string) {
    this.#url = url;
    this.#id = id;
    this.#token = token;
  }

  /** Asks anything under its own routes. */
  async ask(method: string, rest: string, body?: BodyInit, headers = {}): Promise<Response> {
    const response = fetch(`${this.#url()}/ota/${this.#id}/${rest}`, {
      method,
      headers: { authorization: `Bearer ${this.#token}`, ...headers },
      ...(body === undefined ? {} : { body }),
    });
    return await soon(response, `${method} ${rest}`, 70_000);
  }

  /** Reports; what it is told at once. `key` is the Idempotency-Key. */
  async say(kind: string, report: unknown, key?: string): Promise<HttpMessage[]> {
    const headers = key === undefined ? {} : { "idempotency-key": key };
    return await this.#messages(this.ask("POST", kind, JSON.stringify(report), headers));
  }

  /** Waits for messages, so many seconds. */
  async poll(wait: number): Promise<HttpMessage[]> {
    return await this.#messages(this.ask("GET", `messages?wait=${wait}`));
  }

  /** Confirms each of the messages. */
  async confirm(messages: readonly HttpMessage[]): Promise<void> {
    for (const { id } of messages) {
      assert.equal((await this.ask("DELETE", `messages/${id}`)).status, 204);
    }
  }

  /** The bytes [from, to) of an image; `size` of it in all. */
  async bytes(url: string, from: number, to: number, size: number): Promise<Uint8Array> {
    const headers = { authorization: `Bearer ${this.#token}`, range: `bytes=${from}-${to - 1}` };
    const response = await soon(fetch(url, { headers }), "the bytes");
    assert.equal(response.status, 206);
    assert.equal(response.headers.get("content-range"), `bytes ${from}-${to - 1}/${size}`);
    return await response.bytes();
  }

  async #messages(asked: Promise<Response>): Promise<HttpMessage[]> {
    const response = await asked;
    assert.equal(response.status, 200, this.#id);
    return (await response.json()).messages;
  }
}

/** The names of messages: the last level of their topics. */
export function kindsOf(messages: readonly { readonly topic: string }[]): string[] {
  return messages.map(({ topic }) => topic.split("/").at(-1)!);
}
