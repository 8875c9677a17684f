import assert from "node:assert/strict";
import { Fate } from "../../../core/simulation/chance/fate.ts";
import { drawFaults, faultsMax } from "../../../core/simulation/chance/faults.ts";
import type { Fault } from "../../../core/simulation/chance/faults.ts";
import { hashOf, Random } from "../../../core/simulation/chance/random.ts";
import { Timeline } from "../../../core/simulation/machine/timeline.ts";

Deno.test("Random and hashOf() give these numbers on every machine", () => {
  const random = new Random(2026);
  assert.deepEqual(Array.from({ length: 4 }, () => random.next()), [
    1955961175,
    1324980858,
    2839649622,
    2656330836,
  ]);
  assert.deepEqual([hashOf(1, ""), hashOf(1, "loss dev-1 1"), hashOf(2, "loss dev-1 1")], [
    3770482475,
    3346702970,
    1604120751,
  ]);
});

Deno.test("Random keeps within its bounds, and spread() favours no order of magnitude", () => {
  const random = new Random(7);
  const decades = new Map<number, number>();
  for (let n = 0; n < 10_000; n++) {
    assert.ok(random.below(3) < 3);
    const between = random.between(5, 9);
    assert.ok(between >= 5 && between <= 9);
    const spread = random.spread(1, 1_000_000);
    assert.ok(spread >= 1 && spread <= 1_000_000);
    const digits = String(spread).length;
    decades.set(digits, (decades.get(digits) ?? 0) + 1);
  }
  for (const digits of [2, 3, 4, 5]) assert.ok(decades.get(digits)! > 1_000, `${digits} digits`);
});

Deno.test("Timeline: in order of time, then of planning; what was taken back does not happen", () => {
  const timeline = new Timeline();
  const random = new Random(1);
  const seen: [number, number][] = [];
  for (let nth = 0; nth < 1_000; nth++) {
    const at = random.below(50);
    const takeBack = timeline.after(at, () => seen.push([timeline.now, nth]));
    if (nth % 7 === 0) takeBack();
  }
  while (timeline.step(40));
  assert.equal(timeline.now, 39);
  while (timeline.step(Infinity));
  assert.equal(seen.length, 857);
  assert.deepEqual(seen, seen.toSorted((a, b) => a[0] - b[0] || a[1] - b[1]));
});

const all = (ppm: number) =>
  Object.fromEntries(Object.keys(faultsMax).map((fault) => [fault, ppm])) as Record<Fault, number>;

Deno.test("Fate: what happens does not depend on what else happened, nor on what else is asked", () => {
  const ask = (fate: Fate) =>
    Array.from({ length: 200 }, () => fate.happens("loss", "dev-1")?.next());
  const alone = ask(new Fate(5, all(100_000)));
  const busy = new Fate(5, all(100_000));
  for (let n = 0; n < 77; n++) busy.happens("loss", "dev-2");
  assert.deepEqual(ask(busy), alone);
  const happened = alone.filter((how) => how !== undefined).length;
  assert.ok(happened > 5 && happened < 50, `${happened} of 200`);
});

Deno.test("Fate: with only some incidents these happen as before, and no others", () => {
  const first = new Fate(5, all(100_000));
  const ask = (fate: Fate) =>
    Array.from({ length: 200 }, () => fate.happens("loss", "dev-1")?.next());
  const before = ask(first);
  const only = first.incidents.slice(2, 4);
  const again = new Fate(5, all(0), only);
  assert.deepEqual(
    ask(again),
    before.map((how, nth) => only.includes(`loss dev-1 ${nth + 1}`) ? how : undefined),
  );
  assert.deepEqual(again.incidents, only);
  assert.equal(again.counts.get("loss"), 2);
});

Deno.test("Fate: after it has healed nothing goes wrong", () => {
  const fate = new Fate(5, all(1_000_000));
  assert.ok(fate.happens("loss", "dev-1"));
  fate.heal();
  assert.equal(fate.happens("loss", "dev-1"), undefined);
});

Deno.test("drawFaults(): each seed has its own rates, none above its most, some left out", () => {
  const left = new Map<string, number>();
  for (let seed = 1; seed <= 300; seed++) {
    for (const [fault, ppm] of Object.entries(drawFaults(seed))) {
      assert.ok(ppm >= 0 && ppm <= faultsMax[fault as Fault], fault);
      if (ppm === 0) left.set(fault, (left.get(fault) ?? 0) + 1);
    }
  }
  for (const fault of Object.keys(faultsMax)) {
    const count = left.get(fault) ?? 0;
    assert.ok(count > 60 && count < 140, `${fault} was left out by ${count} of 300`);
  }
  assert.equal(drawFaults(1, { loss: 5 }).loss, 5);
});
