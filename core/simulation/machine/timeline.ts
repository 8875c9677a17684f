/** What will happen when: simulated time goes from one event to the next. */

/** Something that will happen, unless it is taken back. */
export interface Event {
  /** Milliseconds since the simulation began. */
  readonly at: number;
  /** Of two at the same instant, the one that was planned first happens first. */
  readonly order: number;
  /** `undefined`: taken back. */
  run: (() => void) | undefined;
}

/** Events in the order of time: a binary heap. */
export class Timeline {
  readonly #heap: Event[] = [];
  #order = 0;
  /** Milliseconds since the simulation began. */
  now = 0;

  /** Plans what happens after `ms`; the returned function takes it back. */
  after(ms: number, run: () => void): () => void {
    const event: Event = { at: this.now + ms, order: this.#order++, run };
    this.#push(event);
    return () => void (event.run = undefined);
  }

  /** Goes on to the next event before `end` and lets it happen; false: there is none. */
  step(end: number): boolean {
    for (let next = this.#heap[0]; next && next.at < end; next = this.#heap[0]) {
      this.#pop();
      if (!next.run) continue;
      this.now = Math.max(this.now, next.at);
      next.run();
      return true;
    }
    return false;
  }

  #push(event: Event): void {
    const heap = this.#heap;
    let place = heap.length;
    heap.push(event);
    while (place > 0) {
      const above = (place - 1) >> 1;
      if (!isBefore(event, heap[above]!)) break;
      heap[place] = heap[above]!;
      place = above;
    }
    heap[place] = event;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop()!;
    if (heap.length === 0) return;
    let place = 0;
    for (;;) {
      let below = 2 * place + 1;
      if (below >= heap.length) break;
      if (below + 1 < heap.length && isBefore(heap[below + 1]!, heap[below]!)) below++;
      if (!isBefore(heap[below]!, last)) break;
      heap[place] = heap[below]!;
      place = below;
    }
    heap[place] = last;
  }
}

function isBefore(a: Event, b: Event): boolean {
  return a.at < b.at || a.at === b.at && a.order < b.order;
}
