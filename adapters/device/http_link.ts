/**
 * A device's connection over HTTP alone: reports are POSTed, messages come with the answers and by
 * long poll, and each is deleted when it was handled.
 */
import { TOPIC_PREFIX } from "../../core/mod.ts";
import type { ReportKind } from "../../core/mod.ts";
import { request, TokenRefused } from "./http.ts";
import type { DeviceLink, LinkEvents } from "./link.ts";
import type { DeviceOptions } from "./options.ts";
import { pause } from "./pause.ts";
import { refusedBy } from "./reasons.ts";

/** How long the engine may hold a poll, in seconds. */
const WAIT_S = 30;
/** An answer may take so much longer than it was asked to wait. */
const GRACE_MS = 15_000;
/** What failed is tried again so soon. */
const AGAIN_MS = 500;

interface Message {
  readonly id: string;
  readonly topic: string;
  readonly payload: Record<string, unknown>;
}

/** A device over HTTP. */
export class HttpLink implements DeviceLink {
  readonly speaks = "http";
  readonly line = undefined;
  readonly #host: string;
  readonly #options: DeviceOptions;
  readonly #base: string;
  readonly #events: LinkEvents;
  readonly #off = new AbortController();
  readonly #listening: Promise<void>;
  /** Aborted when the connection is lost on purpose. */
  #line = new AbortController();
  /** Why there is no connection, as last said. */
  #why: string | undefined;

  /** Begins to listen at once. */
  constructor(options: DeviceOptions & { readonly httpUrl: string }, events: LinkEvents) {
    this.#options = options;
    this.#events = events;
    const { httpUrl, id, prefix = TOPIC_PREFIX } = options;
    this.#host = new URL(httpUrl).host;
    this.#base = `${httpUrl}${prefix}/${id}`;
    events.connecting(this.#host);
    this.#listening = this.#listen();
  }

  async report(kind: ReportKind, payload: object): Promise<void> {
    await this.#ask("POST", kind, GRACE_MS, JSON.stringify(payload));
  }

  cut(): void {
    // On purpose: nobody needs to hear why.
    this.#why = "";
    this.#line.abort(new Error("The connection is lost"));
  }

  async close(): Promise<void> {
    this.#off.abort(new Error("The link is closed"));
    await this.#listening;
  }

  /** Polls until the link is closed. A first poll that does not wait shows that there is an engine. */
  async #listen(): Promise<void> {
    for (let isUp = false; !this.#off.signal.aborted;) {
      try {
        const waitS = isUp ? WAIT_S : 0;
        await this.#ask("GET", `messages?wait=${waitS}`, waitS * 1000 + GRACE_MS);
        if (!isUp) this.#up();
        isUp = true;
      } catch (error) {
        isUp = false;
        await this.#lost(error as Error);
      }
    }
  }

  #up(): void {
    this.#why = undefined;
    this.#events.up("http");
  }

  async #lost(error: Error): Promise<void> {
    if (this.#off.signal.aborted) return;
    if (error instanceof TokenRefused) {
      this.#off.abort(error);
      return this.#events.refused(refusedBy(`The engine at ${this.#host}`, this.#options.id));
    }
    if (this.#line.signal.aborted) this.#line = new AbortController();
    else this.#down(error.message);
    await pause(AGAIN_MS, this.#off.signal).catch(() => {});
  }

  #down(why: string): void {
    if (this.#why === why) return;
    this.#why = why;
    this.#events.down(this.#host, why);
  }

  /** Asks, and hands on the messages that come with the answer. */
  async #ask(method: string, path: string, limitMs: number, body?: string): Promise<void> {
    const response = await this.#request(method, path, limitMs, body);
    const { messages } = (await response.json()) as { messages: Message[] };
    for (const { id, topic, payload } of messages) {
      // To a link that was closed meanwhile nothing was said: another one hears it.
      if (this.#off.signal.aborted) return;
      this.#events.message(topic.split("/").at(-1)!, payload);
      await this.#delete(id);
    }
  }

  /** A message whose deletion fails comes again; the device knows it by its task and attempt. */
  async #delete(id: string): Promise<void> {
    const path = `messages/${encodeURIComponent(id)}`;
    const response = await this.#request("DELETE", path, GRACE_MS, undefined, 204)
      .catch(() => undefined);
    await response?.body?.cancel();
  }

  #request(method: string, path: string, limitMs: number, body?: string, expected = 200) {
    return request({
      url: `${this.#base}/${path}`,
      token: this.#options.token,
      // What is being said is said to its end, unless the connection is lost.
      signal: method === "GET"
        ? AbortSignal.any([this.#off.signal, this.#line.signal])
        : this.#line.signal,
      method,
      limitMs,
      expected,
      ...(body === undefined ? {} : { body }),
    });
  }
}
