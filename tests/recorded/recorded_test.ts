/**
 * The recorded logs: whatever changes, each of them is decided as it was, and the engine still makes of
 * its story what it made then. One that an engine exported has no story: it is decided again alone.
 */
import assert from "node:assert/strict";
import { rowsOf, textOf } from "./story.ts";
import { namesIn, pathOf, replayed } from "./logs.ts";
import { stories } from "./stories/mod.ts";
import { transitions, walkedWhile } from "./walked.ts";

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

/** Transitions that no history of a device leads to, and why. */
const unreachable: readonly (readonly [states: readonly string[], rest: string, why: string])[] = [
  [
    [
      "held",
      "offered",
      "downloading",
      "paused",
      "retrying",
      "verifying",
      "awaiting_install",
    ],
    "Supersede 2 -> superseded",
    "its device was offered it",
  ],
  [
    [
      "held",
      "offered",
      "downloading",
      "paused",
      "retrying",
      "verifying",
      "awaiting_install",
    ],
    "CancelRequested 2 -> cancelled",
    "its device was offered it",
  ],
  [["held"], "DeadlinePassed 2 -> timed_out", "its device was offered it"],
  [["paused"], "ContactChanged 1 -> offered", "whoever is gone leaves an offer as it is"],
  [
    ["paused"],
    "ContactChanged 5 -> awaiting_install",
    "whoever is gone after a right digest may be installing",
  ],
];

Deno.test("the recorded logs walk every transition of the machine that can be walked", () => {
  const walked = walkedWhile(() => {
    for (const name of names) replayed(pathOf(name));
  });
  const never = unreachable.flatMap(([states, rest]) => states.map((state) => `${state} ${rest}`));
  assert.deepEqual(transitions.filter((name) => !walked.has(name)).sort(), never.sort());
});
