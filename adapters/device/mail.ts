/** What the engine sends for whoever fetches bytes now; without anybody it is of no use any more. */

/** Hears what it is interested in. */
export interface Recipient {
  /** Bytes of the task's image, from that byte on; false: it has no use for them. */
  chunk?(taskId: string, offset: number, bytes: Uint8Array): boolean;
  /** Digests of chunks. */
  digests?(payload: Readonly<Record<string, unknown>>): void;
  /** Something that was said or asked for was refused. */
  refused?(code: string): void;
  /** The broker is connected, or is not. */
  line?(isUp: boolean): void;
  /** The engine recommends something else. */
  advised?(): void;
}

/** Hands on. */
export class Mail {
  readonly #recipients = new Set<Recipient>();

  /** The recipient hears from now on, until it is disposed of. */
  to(recipient: Recipient): Disposable {
    this.#recipients.add(recipient);
    return { [Symbol.dispose]: () => void this.#recipients.delete(recipient) };
  }

  /** To all of them; false: nobody has use for it. */
  hand(deliver: (recipient: Recipient) => boolean | void): boolean {
    return [...this.#recipients].map(deliver).includes(true);
  }
}
