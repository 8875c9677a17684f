import assert from "node:assert/strict";
import { verdictText } from "../../../../adapters/cli/verify/verdict.ts";
import type { Verdict } from "../../../../adapters/cli/verify/verdict.ts";
import { Paper } from "../paper.ts";

const part: Verdict = {
  about: "part",
  begin: 0,
  rows: 1_024,
  log: "00",
  root: "11",
  size: 2_048,
  proved: 1_024,
  erased: 0,
  checkpoints: 1,
  fault: undefined,
};

const verdicts: [name: string, more: Partial<Verdict>, said: RegExp, figure: RegExp][] = [
  ["is proved", {}, /as it was recorded\.$/, /^proved by a checkpoint +1024$/m],
  [
    "lost personal texts, and says so",
    { erased: 2 },
    /as it was recorded\.$/,
    /^rows without their personal text +2$/m,
  ],
  [
    "lost personal texts, and does not say so itself",
    { erased: 2, unproved: 1 },
    /as it was recorded\. That personal texts are gone, a later part must say\.$/,
    /^of which a later part must tell +1$/m,
  ],
  [
    "is signed by a key that was kept",
    { proved: 0, isSigned: true },
    /is signed by the key that was kept\. .* only a checkpoint that was kept can say/,
    /^rows +1024$/m,
  ],
  ["is all there is", { proved: 0 }, / fits itself\. /, /^rows +1024$/m],
];

for (const [name, more, said, figure] of verdicts) {
  Deno.test(`verdictText() says no more than is known of a part that ${name}`, () => {
    const text = verdictText(new Paper(false), { ...part, ...more });
    assert.match(text.split("\n")[0]!, said);
    assert.match(text, figure);
  });
}
