/** Bugs in what follows from a commit, and from a store that fails. */
import { bug } from "../bug.ts";
import type { Bug } from "../bug.ts";

export const storeBugs: readonly Bug[] = [
  bug(
    "an input is acknowledged before the commit",
    ["I4"],
    "engine/engine.ts",
    "await this.#commit(work, batch.length);",
    "batch.forEach(({ answer }, index) => answer(answers[index]!));\n" +
      "    await this.#commit(work, batch.length);",
  ),
  bug(
    "an input is acknowledged though the store failed",
    ["I4", "I20"],
    "engine/engine.ts",
    'const answer = refusal("The log cannot be written now. Try again in a moment.");',
    "const answer: Answer = { ok: true, messages: [] };",
  ),
  bug(
    "a store that failed is not opened again",
    ["I4", "I20", "L1", "L4"],
    "engine/engine.ts",
    "this.#suspect = true;\n      this.#reopenSoon();",
    "",
  ),
  bug(
    "states in memory survive a failed commit",
    ["I5", "I20", "L1", "L4"],
    "engine/engine.ts",
    "this.#cache.clear();",
    "",
  ),
  bug(
    "what a batch noted survives its failed commit",
    ["I4", "I8", "I20"],
    "engine/notes.ts",
    "begin(): void {\n    this.#batch.clear();",
    "begin(): void {",
  ),
  bug(
    "two inputs of a batch do not see each other",
    ["I5", "I17", "I20"],
    "engine/workspace.ts",
    "if (known) return known;",
    "if (known && !known.write) return known;",
  ),
];
