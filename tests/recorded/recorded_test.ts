/**
 * The recorded logs: whatever changes, each of them is decided as it was, and the engine still makes of
 * its story what it made then. One that an engine exported has no story: it is decided again alone.
 */
import assert from "node:assert/strict";
import fc from "fast-check";
import { live, stories as histories } from "../core/support/histories.ts";
import { rowsOf, textOf } from "./story.ts";
import { namesIn, pathOf, replayed } from "./logs.ts";
import { stories } from "./stories/mod.ts";
import { transitions, unreachable, walkedWhile } from "./walked.ts";

/** A log is read by people. */
const BYTES_MAX = 100_000;

const names = namesIn();

for (const name of names) {
  const story = stories.find((story) => story.name === name);
  Deno.test(`${name} is decided as it was${story ? ", and told as it was" : ""}`, async () => {
    const { divergence } = replayed(pathOf(name));
    assert.equal(divergence, undefined);
    if (!story) return;
    const text = await Deno.readTextFile(pathOf(name));
    assert.ok(text.length < BYTES_MAX, `${text.length} bytes`);
    // Line by line, as a difference is to be read.
    assert.deepEqual(textOf(await rowsOf(story)).split("\n"), text.split("\n"));
  });
}

Deno.test("every story is recorded under a name of its own", () => {
  const told = stories.map(({ name }) => name);
  assert.deepEqual(told.filter((name) => !names.includes(name)), [], "run deno task record");
  assert.equal(new Set(told).size, told.length);
});

Deno.test("the recorded logs walk every transition of the machine that can be walked", () => {
  const walked = walkedWhile(() => {
    for (const name of names) replayed(pathOf(name));
  });
  const left = transitions.filter((name) => !walked.has(name));
  assert.deepEqual(left.sort(), Object.keys(unreachable).sort());
});

Deno.test("no history of a device walks a transition that is said to be out of reach", () => {
  const walked = walkedWhile(() => {
    fc.assert(fc.property(histories, (happenings) => void live(happenings)), { numRuns: 1_000 });
  });
  assert.ok(walked.size > 80, `only ${walked.size} transitions were walked`);
  assert.deepEqual(Object.keys(unreachable).filter((name) => walked.has(name)), []);
});
