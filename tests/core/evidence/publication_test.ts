import assert from "node:assert/strict";
import { Publication } from "../../../core/evidence/mod.ts";
import { ManualClock, settle } from "../support/bench_engine.ts";

const SECOND = 1_000;

/** A publisher that waits until it is told how an attempt ended. */
class Stage {
  readonly clock = new ManualClock();
  readonly told: string[] = [];
  readonly asked: string[] = [];
  /** The attempt under way. */
  attempt = Promise.withResolvers<void>();
  signal: AbortSignal | undefined;
  readonly publication = new Publication({
    clock: this.clock,
    tell: (sentence) => void this.told.push(sentence),
    publish: (note, signal) => {
      this.asked.push(note);
      this.attempt = Promise.withResolvers();
      this.signal = signal;
      signal.addEventListener("abort", () => this.attempt.reject(new Error("It was cancelled.")));
      return this.attempt.promise;
    },
  });

  async offer(...notes: string[]): Promise<void> {
    for (const note of notes) this.publication.offer(note);
    await settle();
  }

  async end(why?: string): Promise<void> {
    if (why === undefined) this.attempt.resolve();
    else this.attempt.reject(new Error(why));
    await settle();
  }
}

Deno.test("Publication publishes one note after the other, and none twice", async () => {
  const stage = new Stage();
  await stage.offer("1");
  await stage.end();
  await stage.offer("2");
  await stage.end();
  await stage.clock.pass(3_600 * SECOND);
  assert.deepEqual([stage.asked, stage.told], [["1", "2"], []]);
});

Deno.test("Publication publishes only the newest of those that came meanwhile", async () => {
  const stage = new Stage();
  await stage.offer("1", "2", "3");
  assert.deepEqual(stage.asked, ["1"]);
  await stage.end();
  assert.deepEqual(stage.asked, ["1", "3"]);
  await stage.end();
  assert.deepEqual(stage.asked, ["1", "3"]);
});

Deno.test("Publication tries again later and later, tells once why, and says when it works again", async () => {
  const stage = new Stage();
  await stage.offer("1");
  await stage.end("Nobody is there.");
  const waits = [10, 20, 40, 80, 160, 300, 300];
  for (const [tries, wait] of waits.entries()) {
    await stage.clock.pass(wait * SECOND - 1);
    assert.equal(stage.asked.length, tries + 1);
    await stage.clock.pass(1);
    assert.equal(stage.asked.length, tries + 2, `after ${wait} s`);
    await stage.end("Nobody is there.");
  }
  assert.deepEqual(stage.told, ["Nobody is there. It is tried again."]);
  await stage.clock.pass(300 * SECOND);
  await stage.end("It says 401.");
  await stage.clock.pass(300 * SECOND);
  await stage.end();
  assert.deepEqual(stage.told.slice(1), [
    "It says 401. It is tried again.",
    "Checkpoints are published again.",
  ]);
  await stage.offer("2");
  await stage.end("Nobody is there.");
  const { length } = stage.asked;
  await stage.clock.pass(10 * SECOND);
  assert.equal(stage.asked.length, length + 1, "the first wait is short again");
});

Deno.test("Publication lets a newer note take the place of one that is tried again", async () => {
  const stage = new Stage();
  await stage.offer("1");
  await stage.end("Nobody is there.");
  await stage.offer("2");
  await stage.offer("3");
  assert.deepEqual(stage.asked, ["1"], "a newer note is no reason to try earlier");
  await stage.clock.pass(10 * SECOND);
  assert.deepEqual(stage.asked, ["1", "3"]);
});

Deno.test("Publication goes on when an attempt throws instead of rejecting", async () => {
  const told: string[] = [];
  const clock = new ManualClock();
  let isBroken = true;
  const publication = new Publication({
    clock,
    tell: (sentence) => void told.push(sentence),
    publish: () => {
      if (isBroken) throw new Error("It is broken.");
      return Promise.resolve();
    },
  });
  publication.offer("1");
  await settle();
  isBroken = false;
  await clock.pass(10 * SECOND);
  assert.deepEqual(told, ["It is broken. It is tried again.", "Checkpoints are published again."]);
});

Deno.test("finish() waits for the last note, which need not wait for an older one", async () => {
  const stage = new Stage();
  await stage.offer("1", "2");
  let isOver = false;
  const finished = stage.publication.finish(3 * SECOND).then(() => isOver = true);
  await settle();
  assert.deepEqual([stage.asked, isOver], [["1", "2"], false]);
  await stage.end();
  await finished;
  await stage.clock.pass(3_600 * SECOND);
  assert.deepEqual([stage.asked, stage.told], [["1", "2"], []]);
});

Deno.test("finish() does not send again what is under way", async () => {
  const stage = new Stage();
  await stage.offer("1");
  const finished = stage.publication.finish(3 * SECOND);
  await stage.end();
  await finished;
  assert.deepEqual([stage.asked, stage.told], [["1"], []]);
});

Deno.test("finish() tries a note once more that is to be tried later, and then says why not", async () => {
  const stage = new Stage();
  await stage.offer("1");
  await stage.end("Nobody is there.");
  const finished = stage.publication.finish(3 * SECOND);
  await stage.end("Nobody is there.");
  await finished;
  await stage.clock.pass(3_600 * SECOND);
  assert.deepEqual(stage.asked, ["1", "1"]);
  assert.deepEqual(stage.told, ["Nobody is there. It is tried again.", "Nobody is there."]);
});

Deno.test("finish() gives a note up after its limit, and says so", async () => {
  const stage = new Stage();
  await stage.offer("1");
  const finished = stage.publication.finish(3 * SECOND);
  await stage.clock.pass(3 * SECOND - 1);
  assert.deepEqual([stage.signal!.aborted, stage.told], [false, []]);
  await stage.clock.pass(1);
  await finished;
  await stage.clock.pass(3_600 * SECOND);
  assert.deepEqual([stage.signal!.aborted, stage.asked.length], [true, 1]);
  assert.deepEqual(stage.told, ["The last checkpoint could not be published in time."]);
});

Deno.test("finish() does not wait for an attempt that cannot be cancelled", async () => {
  const clock = new ManualClock();
  const told: string[] = [];
  const publish = () => new Promise<void>(() => {});
  const publication = new Publication({ clock, publish, tell: (said) => void told.push(said) });
  publication.offer("1");
  const finished = publication.finish(3 * SECOND);
  await clock.pass(3 * SECOND);
  await finished;
  assert.equal(told.length, 1);
});

Deno.test("finish() has nothing to do when everything is published", async () => {
  const stage = new Stage();
  await stage.offer("1");
  await stage.end();
  await stage.publication.finish(3 * SECOND);
  await new Stage().publication.finish(3 * SECOND);
  assert.deepEqual(stage.asked, ["1"]);
});
