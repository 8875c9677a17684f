/**
 * An HTTP client as small devices have one: a socket, the lines of a request, and an answer that is as
 * long as it says. It knows no chunks, and nothing may come behind an answer.
 */
import assert from "node:assert/strict";
import { connect } from "node:net";
import type { Socket } from "node:net";
import { soon } from "../house.ts";

/** An answer as it came. */
export interface WireAnswer {
  readonly status: number;
  /** Status line and fields, with the empty line behind them. */
  readonly head: string;
  /** By names in lowercase. */
  readonly fields: ReadonlyMap<string, string>;
  readonly body: Uint8Array;
}

/** One connection. */
export class WireClient implements AsyncDisposable {
  readonly #socket: Socket;
  readonly #closed: Promise<void>;
  #bytes = Buffer.alloc(0);
  #isOpen = true;
  #wake = () => {};

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.on("error", () => {});
    socket.on("data", (bytes: Uint8Array) => {
      this.#bytes = Buffer.concat([this.#bytes, bytes]);
      this.#wake();
    });
    this.#closed = new Promise((resolve) =>
      socket.once("close", () => {
        this.#isOpen = false;
        this.#wake();
        resolve();
      })
    );
  }

  /** Connects to the host of the URL. */
  static async to(url: string): Promise<WireClient> {
    const { hostname, port } = new URL(url);
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const socket = connect(Number(port), hostname, resolve).once("error", reject);
    await soon(promise, "a connection");
    return new WireClient(socket);
  }

  /** False once the server has closed it. */
  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** Sends the lines, takes the answer, and fails if there is more or less than it announced. */
  async ask(lines: readonly string[]): Promise<WireAnswer> {
    this.#socket.write([...lines, "", ""].join("\r\n"));
    await this.#until("a head", () => this.#bytes.includes("\r\n\r\n"));
    const head = this.#take(this.#bytes.indexOf("\r\n\r\n") + 4).toString("latin1");
    // A proxy that has no value for a name of its configuration may send the name.
    assert.doesNotMatch(head, /\{http\./);
    const [, status] = /^HTTP\/1\.[01] (\d{3}) /.exec(head) ?? assert.fail(head);
    const fields = new Map(
      head.split("\r\n").slice(1, -2).map((line) => {
        const colon = line.indexOf(":");
        return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()] as const;
      }),
    );
    const answer = { status: Number(status), head, fields };
    const body = await this.#body(lines[0]!.startsWith("HEAD "), answer);
    if (fields.get("connection") === "close") await soon(this.#closed, "the end");
    assert.equal(this.#bytes.length, 0, "There is more behind the answer");
    return { ...answer, body };
  }

  async #body(
    isHead: boolean,
    { status, head, fields }: Omit<WireAnswer, "body">,
  ): Promise<Uint8Array> {
    if (isHead || status === 204 || status === 304) return new Uint8Array();
    const length = Number(fields.get("content-length") ?? assert.fail(`No length:\n${head}`));
    await this.#until(`${length} bytes`, () => this.#bytes.length >= length);
    return new Uint8Array(this.#take(length));
  }

  #take(count: number): Buffer {
    const taken = this.#bytes.subarray(0, count);
    this.#bytes = this.#bytes.subarray(count);
    return taken;
  }

  async #until(what: string, holds: () => boolean): Promise<void> {
    while (!holds()) {
      assert.ok(this.#isOpen, `Closed before ${what}`);
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#wake = resolve;
      await soon(promise, what);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#socket.destroy();
    await this.#closed;
  }
}
