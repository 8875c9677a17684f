import assert from "node:assert/strict";
import { Choice } from "../../../adapters/device/choice.ts";
import type { Mode, Transport } from "../../../adapters/device/options.ts";

/** A choice with the broker connected, and what it said of its switches. */
function chosen(mode: Mode = "auto", recommended: Transport = "http") {
  const said: string[] = [];
  const choice = new Choice(mode, (to, why) => said.push(`${to}: ${why}`));
  choice.line(true);
  choice.recommend(recommended, "so");
  choice.begin();
  const duties = (now: number) => [choice.duty("http", now), choice.duty("mqtt", now)].join(" ");
  return { choice, said, duties };
}

const FIXED: [Mode, string][] = [["http", "all none"], ["mqtt", "none all"]];

for (const [mode, expected] of FIXED) {
  Deno.test(`Choice with ${mode} fixed has no other, whatever is recommended or fails`, () => {
    const { choice, said, duties } = chosen(mode, mode === "http" ? "mqtt" : "http");
    assert.equal(duties(0), expected);
    for (let n = 0; n < 5; n++) choice.failed(mode as Transport, "no answer", 0, true);
    assert.equal(duties(3_999), "none none");
    assert.equal(duties(4_000), expected);
    assert.deepEqual(said, []);
  });
}

for (const recommended of ["http", "mqtt"] as const) {
  const [all, none, tried] = recommended === "http"
    ? ["all none", "none all", "try all"]
    : ["none all", "all none", "all try"];

  Deno.test(`Choice goes on by the other when ${recommended} is deaf, and tries it now and then`, () => {
    const { choice, said, duties } = chosen("auto", recommended);
    assert.equal(duties(0), all);
    choice.failed(recommended, "there is no answer", 0, true);
    assert.deepEqual([0, 4_999, 5_000].map(duties), [none, none, tried]);
    const waits = [5_000, 10_000, 20_000, 40_000, 60_000, 60_000];
    let now = 0;
    for (const wait of waits) {
      assert.deepEqual([duties(now + wait - 1), duties(now + wait)], [none, tried], `${wait}`);
      now += wait;
      choice.failed(recommended, "there is no answer", now, true);
    }
    choice.worked(recommended);
    assert.equal(duties(now), all);
    assert.deepEqual(said, [
      `${
        recommended === "http" ? "mqtt" : "http"
      }: ${recommended.toUpperCase()}: there is no answer`,
      `${recommended}: ${recommended.toUpperCase()} works again`,
    ]);
  });

  Deno.test(`Choice goes back to ${recommended} at once when the engine says so`, () => {
    const { choice, said, duties } = chosen("auto", recommended);
    for (let n = 0; n < 9; n++) choice.failed(recommended, "no", 0, true);
    choice.recommend(recommended, "the engine says adjusted");
    assert.equal(duties(1_000), none);
    choice.recommend(recommended === "http" ? "mqtt" : "http", "the engine says stalled");
    choice.recommend(recommended, "the engine says healed");
    assert.equal(duties(1_000), all);
    assert.equal(said.at(-1), `${recommended}: the engine says healed`);
  });

  Deno.test(`Choice takes one failure of ${recommended} for an accident`, () => {
    const { choice, said, duties } = chosen("auto", recommended);
    choice.failed(recommended, "the connection was cut", 0);
    assert.deepEqual([duties(0), duties(250)], ["none none", all]);
    choice.worked(recommended);
    choice.failed(recommended, "the connection was cut", 300);
    assert.equal(duties(550), all);
    assert.deepEqual(said, []);
    choice.failed(recommended, "the connection was cut", 600);
    assert.equal(duties(600), none);
  });
}

Deno.test("Choice tries both, soon, when neither works", () => {
  const { choice, duties } = chosen("auto", "http");
  for (let n = 0; n < 6; n++) choice.failed("http", "no", 0, true);
  assert.equal(duties(4_000), "none all");
  // What stood in for it fails, too: there is no point in waiting a minute.
  choice.failed("mqtt", "no", 4_000, true);
  assert.equal(duties(4_000), "all none");
  assert.equal(duties(4_500), "all try");
});

Deno.test("Choice goes by HTTP while the broker is not connected, and by MQTT alone waits for it", () => {
  const { choice, said, duties } = chosen("auto", "mqtt");
  choice.line(false);
  assert.equal(duties(0), "all none");
  choice.line(true);
  assert.equal(duties(0), "none all");
  assert.deepEqual(said, ["http: the broker is not connected", "mqtt: the broker is connected"]);
  const alone = chosen("mqtt");
  alone.choice.line(false);
  assert.equal(alone.duties(0), "none none");
});

Deno.test("Choice does not count as failed what the engine wants to be asked later", () => {
  const { choice, duties } = chosen("auto", "http");
  choice.later("http", 10_000, 0);
  assert.deepEqual([duties(9_999), duties(10_000)], ["none none", "all none"]);
});

Deno.test("Choice says nothing of changes while nothing is fetched", () => {
  const said: string[] = [];
  const choice = new Choice("auto", (to) => said.push(to));
  const fetching = choice.begin();
  choice.line(true);
  choice.recommend("mqtt", "so");
  fetching[Symbol.dispose]();
  choice.line(false);
  assert.deepEqual([said, choice.main], [["mqtt"], "http"]);
});
