/** A program that follows the log: takes events as they come, and comments apart from them. */
import assert from "node:assert/strict";

export interface Event {
  id: number;
  event: string;
  // deno-lint-ignore no-explicit-any -- a row of the log
  data: any;
}

export class EventSource implements AsyncDisposable {
  readonly #reader: ReadableStreamDefaultReader<string>;
  #rest = "";
  readonly comments: string[] = [];

  constructor(response: Response) {
    assert.equal(response.status, 200);
    this.#reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  }

  /** The next event; `undefined` at the end. Fails when it takes more than five seconds. */
  async next(): Promise<Event | undefined> {
    for (;;) {
      const block = await this.#block();
      if (block === undefined) return undefined;
      if (block.startsWith(":")) this.comments.push(block);
      else return parse(block);
    }
  }

  /** The next comment. */
  async comment(): Promise<string | undefined> {
    const block = await this.#block();
    assert.match(block ?? "the end", /^:/);
    return block;
  }

  /** So many events. */
  async take(count: number): Promise<Event[]> {
    const events: Event[] = [];
    while (events.length < count) {
      const event = await this.next();
      if (!event) break;
      events.push(event);
    }
    return events;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#reader.cancel().catch(() => {});
  }

  async #block(): Promise<string | undefined> {
    for (;;) {
      const end = this.#rest.indexOf("\n\n");
      if (end >= 0) {
        const block = this.#rest.slice(0, end);
        this.#rest = this.#rest.slice(end + 2);
        return block;
      }
      const { value } = await inTime(this.#reader.read());
      if (value === undefined) {
        assert.equal(this.#rest, "", "ended in the middle of an event");
        return undefined;
      }
      this.#rest += value;
    }
  }
}

function parse(block: string): Event {
  const [id, event, data, ...more] = block.split("\n");
  assert.deepEqual(more, []);
  const [, seq] = /^id: (\d+)$/.exec(id!)!;
  assert.equal(event, "event: row");
  assert.ok(data!.startsWith("data: "));
  return { id: Number(seq), event: "row", data: JSON.parse(data!.slice(6)) };
}

async function inTime<T>(wanted: Promise<T>): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error("No event came")), 20_000);
  return await Promise.race([wanted, late]).finally(() => clearTimeout(timer));
}
