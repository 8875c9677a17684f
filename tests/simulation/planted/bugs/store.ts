/** Bugs in what follows from a commit, and from a store that fails. */
import { bug } from "../bug.ts";
import type { Bug } from "../bug.ts";

export const storeBugs: readonly Bug[] = [
  bug(
    "an input is acknowledged before the commit",
    ["I4", "I6"],
    "engine/engine.ts",
    "await this.#ledger.commit(work, taken.length);",
    "batch.forEach(({ answer }, index) => answer(answers[index]!));\n" +
      "    await this.#ledger.commit(work, taken.length);",
  ),
  bug(
    "an input is acknowledged though the store failed",
    ["I4", "I20"],
    "engine/engine.ts",
    'const answer = notNow("The log cannot be written now. Try again in a moment.");',
    "const answer: Answer = { ok: true, messages: [] };",
  ),
  bug(
    "a store that failed is not opened again",
    ["I4", "I20", "L1", "L4"],
    "engine/engine.ts",
    "this.#ledger.distrust();\n      if (!this.#stopped) this.#ledger.reopenSoon(() => this.#batches.wake());",
    "",
  ),
  bug(
    "a commit that failed and was durable is forgotten",
    ["I8", "I18", "L4"],
    "engine/ledger.ts",
    "if (durable) this.#settle(durable);",
    "",
    { writeError: 100_000, wallJump: 50_000, newToken: 500_000 },
  ),
  bug(
    "nobody is cut when a commit that failed was durable",
    ["L4"],
    "engine/engine.ts",
    "if (durable) this.#send({ outgoing: [], given: [], progress: [], cut: durable.cut });",
    "",
    { writeError: 50_000, revoke: 500_000, newToken: 500_000 },
  ),
  bug(
    "a token that ends cuts nobody",
    ["L4"],
    "engine/token_ends.ts",
    "this.#cutFor.set(id, next!);\n    this.#cut(id);",
    "this.#cutFor.set(id, next!);",
  ),
  bug(
    "a token that ends while the machine sleeps cuts nobody before the timer comes",
    ["L4"],
    "engine/engine.ts",
    "this.#tokenEnds.leapt();",
    "",
    { wallJump: 20_000 },
  ),
  bug(
    "states in memory survive a failed commit",
    ["I5", "I17", "I20"],
    "engine/ledger.ts",
    "this.#cache.clear();",
    "for (const [id, s] of this.#inDoubt?.changedDevices() ?? []) this.#cache.set(id, s);",
    { writeError: 30_000 },
  ),
  bug(
    "what a batch noted survives its failed commit",
    ["I4", "I8", "I20"],
    "engine/notes.ts",
    "begin(): void {\n    this.#batch.clear();",
    "begin(): void {",
    { writeError: 100_000, nonsense: 100_000 },
  ),
  bug(
    "two inputs of a batch do not see each other",
    ["I5", "I17", "I20"],
    "engine/workspace.ts",
    "if (known) return known;",
    "if (known && !known.write) return known;",
  ),
];
