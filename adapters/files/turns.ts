/** One at a time by name: whoever comes later waits for all who came before under the same name. */
export class Turns {
  readonly #last = new Map<string, Promise<unknown>>();

  /** Runs it when it is its turn. */
  async take<T>(name: string, run: () => Promise<T>): Promise<T> {
    const turn = (this.#last.get(name) ?? Promise.resolve()).then(run);
    const done = turn.catch(() => {});
    this.#last.set(name, done);
    try {
      return await turn;
    } finally {
      if (this.#last.get(name) === done) this.#last.delete(name);
    }
  }
}
