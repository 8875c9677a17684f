import assert from "node:assert/strict";
import { deviceId, label } from "../../../../core/mod.ts";
import {
  count,
  HelpWanted,
  parseCommand,
  toggle,
  UsageError,
} from "../../../../adapters/cli/args.ts";
import { checked, list, oneOf, word, words } from "../../../../adapters/cli/checked_args.ts";

const command = {
  name: "try",
  summary: "Tries.",
  words: { device: word("DEVICE", "Which", deviceId), others: words("OTHER", "More", deviceId) },
  flags: {
    tag: list("NAME", "Labels", label),
    size: count("How many", 3, 0, 9),
    colour: oneOf("COLOUR", "Which", ["red", "green"]),
    near: checked("ID", "Beside", deviceId),
    fast: toggle("Hurry"),
  },
};
const parse = (line: string) => parseCommand(command, line.split(" "));

Deno.test("parseCommand() takes words by their place, and flags that are repeated", () => {
  assert.deepEqual(parse("a --tag=x b --fast --tag y c --colour red"), {
    device: "a",
    others: ["b", "c"],
    tag: ["x", "y"],
    size: 3,
    colour: "red",
    near: undefined,
    fast: true,
    verbose: false,
  });
  const { others, tag } = parse("a");
  assert.deepEqual([others, tag], [[], []]);
});

const wrong: [line: string, sentence: RegExp][] = [
  ["--fast", /^DEVICE is missing\. See deno task try --help\.$/],
  ["../x", /^DEVICE must be 1 to 64 of .*; it is "\.\.\/x"\.$/],
  ["a b c/d", /^OTHER must be .*; it is "c\/d"\.$/],
  ["a --near b/c", /^--near must be .*; it is "b\/c"\.$/],
  ["a --tag x --tag=", /^--tag is empty\. Give it as --tag NAME\.$/],
  ["a --colour blue", /^--colour must be one of red, green, not "blue"\.$/],
];

for (const [line, sentence] of wrong) {
  Deno.test(`parseCommand() says what is wrong with ${line}`, () => {
    assert.throws(
      () => parse(line),
      (error) => error instanceof UsageError && sentence.test(error.message),
    );
  });
}

Deno.test("parseCommand() refuses a word too many", () => {
  const one = { ...command, words: { device: command.words.device } };
  assert.throws(() => parseCommand(one, ["a", "b"]), /^UsageError: "b" is not expected here\./);
});

Deno.test("the help shows words before flags, aligned with them", () => {
  assert.throws(() => parse("--help"), (error) => {
    assert.ok(error instanceof HelpWanted);
    const lines = error.message.split("\n");
    assert.equal(lines[0], "deno task try DEVICE [OTHER…] [flags]");
    assert.equal(lines[4], "  DEVICE           Which");
    assert.equal(lines[6], "  --tag NAME       Labels");
    return true;
  });
});
