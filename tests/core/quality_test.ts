/** What is known of a transport after what was observed of it, and what that is worth. */
import assert from "node:assert/strict";
import { observed, scoreOf, unknownQuality } from "../../core/network/mod.ts";
import type { Observation, Quality } from "../../core/network/mod.ts";
import { BEGIN_MS } from "./support/made_up_network.ts";

const KIB = 1_024;
const MIB = 1_048_576;

const answered = (ms: number): Observation => ({ kind: "answered", ms });
const moved = (bytes: number, ms = 1_000): Observation => ({ kind: "moved", bytes, ms });
const stalled = (ms: number): Observation => ({ kind: "stalled", ms });
const repeated = (bytes: number): Observation => ({ kind: "repeated", bytes });
const cut: Observation = { kind: "cut" };

/** So often, one each second or each so many milliseconds. */
function times(n: number, observation: Observation): Observation[] {
  return Array.from({ length: n }, () => observation);
}

function after(observations: readonly Observation[], everyMs = 1_000, from = unknownQuality) {
  const begin = Math.max(from.at, BEGIN_MS);
  return observations.reduce<Quality>(
    (quality, one, n) => observed(quality, one, begin + (n + 1) * everyMs),
    from,
  );
}

/** Fully trusted, and as fast as that. */
function proved(bytesPerS: number): Quality {
  return after(times(60, moved(bytesPerS)));
}

Deno.test("observed() counts how much moves, of late and over a longer time", () => {
  const rows: readonly [string, Quality, number | null, number | null][] = [
    ["nothing was observed", unknownQuality, null, null],
    ["it only answers", after([answered(10)]), null, null],
    ["it was cut", after([cut]), null, null],
    // What nobody measured counts as 48 KiB/s, so that no single sample decides.
    ["1 s at 0 and 48 KiB/s", after([moved(48 * KIB)]), 48 * KIB, 48 * KIB],
    ["1 s at 96 KiB/s", after([moved(96 * KIB)]), 72 * KIB, 51 * KIB],
    ["as much in 0.1 s", after([moved(96 * KIB, 100)]), 134_050, 55_336],
    ["one byte in 1 s", after([moved(1)]), 24_576, 46_080],
    ["a minute at 1 MiB/s", proved(MIB), MIB - 1, 1_027_771],
    ["then 1 s at 2 MiB/s", after([moved(2 * MIB)], 1_000, proved(MIB)), 1_572_863, 1_094_607],
    ["then 1 s at 1/8", after([moved(MIB / 8)], 1_000, proved(MIB)), 589_823, 971_727],
    // Further down it falls faster: what it was before counts as eight times what it is.
    ["then 1 s at 1/16", after([moved(MIB / 16)], 1_000, proved(MIB)), 294_912, 967_631],
    ["then 0.25 s of that", after([moved(MIB / 64, 250)], 250, proved(MIB)), 642_252, 1_011_996],
    ["then 1 s at 2 KiB/s", after([moved(2 * KIB)], 1_000, proved(MIB)), 25 * KIB, 963_663],
    ["then 3 s of them", after(times(3, moved(2 * KIB)), 1_000, proved(MIB)), 7_936, 847_217],
    ["then 1 s of nothing", after([stalled(1_000)], 1_000, proved(MIB)), 24 * KIB, 963_535],
    ["all at once", after([moved(100 * MIB, 0)]), 104_906_752, 7_039_658],
    ["more than there is", after(times(9, moved(2 ** 50))), 2 ** 30, 2 ** 30],
    ["more than any image, for ages", after([moved(2 ** 41, 2 ** 41)]), 500, 500],
    ["then no bytes in 1 s", after([moved(0)], 1_000, proved(MIB)), 24 * KIB, 963_535],
  ];
  for (const [name, { bytesPerS, steadyBytesPerS }, ...expected] of rows) {
    assert.deepEqual([bytesPerS, steadyBytesPerS], expected, name);
  }
});

Deno.test("observed() smooths round trips as in RFC 6298", () => {
  const rows: readonly [readonly number[], number][] = [
    [[100], 100],
    [[100, 180], 110],
    [[100, 180, 30], 100],
    [[100, 3_600_000], 7_588],
    [[3_600_000], 60_000],
  ];
  for (const [answers, expected] of rows) {
    assert.equal(after(answers.map(answered)).rttMs, expected, `${answers}`);
  }
});

Deno.test("observed() lets trust rise by steps, and fall by what goes wrong", () => {
  const trusted = proved(MIB);
  const on = (all: readonly Observation[], everyMs = 1_000) => after(all, everyMs, trusted).trust;
  const rows: readonly [string, number, number][] = [
    ["nothing was observed", unknownQuality.trust, 600],
    ["it answered", after([answered(10)]).trust, 650],
    ["something moved", after([moved(1)]).trust, 650],
    ["that three times", after(times(3, moved(1))).trust, 750],
    ["two within 499 ms", after(times(2, moved(1)), 499).trust, 650],
    ["two within 500 ms", after(times(2, moved(1)), 500).trust, 700],
    ["a hundred chunks in a second", after(times(100, moved(1)), 10).trust, 700],
    ["twenty in ten seconds", after(times(20, moved(1)), 500).trust, 1_000],
    ["a minute of them", trusted.trust, 1_000],
    ["a cut", on([cut]), 500],
    ["four connections are cut at once", on(times(4, cut), 1), 500],
    ["two cuts within a second", on(times(2, cut), 999), 500],
    ["three cuts, one a second", on(times(3, cut)), 125],
    ["a cut, and then it moves", on([cut, moved(MIB), moved(MIB)]), 600],
    ["nothing moves for 1.5 s", on([stalled(1_500)]), 500],
    ["nothing moves for 0.5 s", on([stalled(500)]), 750],
    ["nothing moves for an hour", on([stalled(3_600_000)]), 0],
    ["the largest chunk again", on([repeated(128 * KIB)]), 500],
    ["a small chunk again", on([repeated(4 * KIB)]), 969],
    ["a whole image again", on([repeated(2 * MIB)]), 58],
    ["none of it again", on([repeated(0)]), 1_000],
    ["a cut, and a chunk again", on([cut, repeated(64 * KIB)], 100), 333],
  ];
  for (const [name, trust, expected] of rows) assert.equal(trust, expected, name);
});

Deno.test("observed() says for how long nothing has moved, until something does", () => {
  const two = after([moved(1), stalled(700), stalled(800)]);
  assert.equal(two.stalledMs, 1_500);
  assert.equal(after([cut, answered(5)], 100, two).stalledMs, 1_500);
  assert.equal(after([moved(1)], 100, two).stalledMs, 0);
  assert.equal(after([stalled(3_600_000)], 100, two).stalledMs, 300_000);
  // And before anything ever moved: there is no goodput then that could be low.
  const never = after([stalled(700), moved(0, 800)]);
  assert.deepEqual([never.stalledMs, never.bytesPerS], [1_500, null]);
});

Deno.test("observed() forgets what was not observed for 5 min, and goodput after a stall in 30 s", () => {
  const minutes = 60_000;
  const known = after([answered(40), moved(MIB)], 1_000, proved(MIB));
  const stopped = after([stalled(2_000)], 1_000, known);
  const rows: readonly [string, Quality, number, number | null, boolean][] = [
    ["within 5 min", known, 5 * minutes, 45, true],
    ["after 5 min", known, 5 * minutes + 1, 80, false],
    ["30 s after a stall", stopped, 30_000, 45, true],
    ["more than 30 s after a stall", stopped, 30_001, 45, false],
    ["more than 5 min after a stall", stopped, 5 * minutes + 1, 80, false],
  ];
  for (const [name, quality, afterMs, rttMs, isGoodputKnown] of rows) {
    const next = observed(quality, answered(80), quality.at + afterMs);
    assert.equal(next.rttMs, rttMs, name);
    assert.equal(next.bytesPerS !== null, isGoodputKnown, name);
    assert.equal(next.steadyBytesPerS !== null, isGoodputKnown, name);
    // When that was, and how it ended, is still known.
    const { measuredAt, stalledMs } = quality;
    assert.deepEqual([next.measuredAt, next.stalledMs], [measuredAt, stalledMs], name);
  }
  assert.equal(observed(known, cut, known.at + 5 * minutes + 1).trust, 300, "half of a new one's");
  // Answers alone do not keep goodput known.
  const answers = after(times(6, answered(40)), minutes, known);
  assert.deepEqual([answers.trust, answers.bytesPerS], [1_000, null]);
});

Deno.test("observed() never goes back in time", () => {
  const late = after([moved(1)]);
  const early = observed(late, cut, BEGIN_MS - 5_000);
  assert.deepEqual([early.at, early.cutAt], [late.at, late.at]);
  assert.equal(observed(unknownQuality, cut, -1).at, 1, "0 is for what was never observed");
  assert.equal(observed(late, cut, Number.MAX_SAFE_INTEGER).at, 2 ** 50);
});

Deno.test("scoreOf() is trust × speed × promptness", () => {
  const rows: readonly [string, Partial<Quality>, number][] = [
    ["the best", { trust: 1_000, bytesPerS: 48 * KIB, rttMs: 1_000 }, 1_000],
    ["faster is no better", { trust: 1_000, bytesPerS: MIB, rttMs: 1 }, 1_000],
    ["nothing is known but trust", { trust: 600 }, 600],
    ["a quarter of what is enough", { trust: 1_000, bytesPerS: 12 * KIB }, 250],
    ["64 kbit/s", { trust: 1_000, bytesPerS: 8_000 }, 162],
    ["nothing moves", { trust: 1_000, bytesPerS: 0 }, 0],
    ["a round trip of 1,014 ms", { trust: 1_000, rttMs: 1_014 }, 999],
    ["a round trip of 4.5 s", { trust: 1_000, rttMs: 4_500 }, 750],
    ["a round trip of 8 s", { trust: 1_000, rttMs: 8_000 }, 500],
    ["a round trip of 60 s", { trust: 1_000, rttMs: 60_000 }, 500],
    ["half of each", { trust: 500, bytesPerS: 24 * KIB, rttMs: 8_000 }, 125],
    ["a half is left out", { trust: 333, bytesPerS: 24 * KIB }, 166],
    ["not trusted", { trust: 0, bytesPerS: MIB, rttMs: 1 }, 0],
  ];
  for (const [name, quality, expected] of rows) {
    assert.equal(scoreOf({ ...unknownQuality, at: BEGIN_MS, ...quality }), expected, name);
  }
  assert.equal(scoreOf(unknownQuality), 450, "between bad (200) and good (700)");
});
