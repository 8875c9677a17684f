import assert from "node:assert/strict";
import { Choice } from "../../../adapters/device/choice.ts";
import type { Mode, Transport } from "../../../adapters/device/options.ts";

/** A choice with the broker connected, and what it said of its switches. */
function chosen(mode: Mode = "auto", recommended: Transport = "http") {
  const said: string[] = [];
  const choice = new Choice(mode, (to, why) => said.push(`${to}: ${why}`));
  choice.line(true);
  choice.recommend(recommended, "so", 0);
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
    choice.worked(recommended, 0);
    assert.equal(choice.main, recommended);
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
    choice.recommend(recommended, "the engine says adjusted", 0);
    assert.equal(duties(1_000), none);
    choice.recommend(recommended === "http" ? "mqtt" : "http", "the engine says stalled", 0);
    choice.recommend(recommended, "the engine says healed", 0);
    assert.equal(duties(1_000), all);
    assert.equal(said.at(-1), `${recommended}: the engine says healed`);
  });

  Deno.test(`Choice takes one failure of ${recommended} for an accident`, () => {
    const { choice, said, duties } = chosen("auto", recommended);
    choice.failed(recommended, "the connection was cut", 0);
    assert.deepEqual([duties(0), duties(250)], ["none none", all]);
    choice.worked(recommended, 0);
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
  choice.recommend("mqtt", "so", 0);
  fetching[Symbol.dispose]();
  choice.line(false);
  assert.deepEqual([said, choice.main], [["mqtt"], "http"]);
});

Deno.test("Choice probes HTTP when the engine has left it, and again soon while it works", () => {
  const { choice, said, duties } = chosen("auto", "http");
  choice.recommend("mqtt", "the engine says slow", 1_000);
  assert.deepEqual([duties(10_999), duties(11_000)], ["none all", "probe all"]);
  choice.worked("http", 11_200);
  assert.deepEqual([duties(12_199), duties(12_200)], ["none all", "probe all"]);
  // What fails is probed as seldom as it is tried otherwise.
  choice.failed("http", "there is no answer", 13_000, true);
  assert.deepEqual([duties(17_999), duties(18_000)], ["none all", "probe all"]);
  assert.equal(choice.main, "mqtt");
  choice.recommend("http", "the engine says healed", 18_000);
  assert.equal(duties(18_000), "all none");
  assert.deepEqual(said, ["mqtt: the engine says slow", "http: the engine says healed"]);
});

Deno.test("Choice does not probe MQTT, of which every report is a sign", () => {
  const { choice, duties } = chosen("auto", "mqtt");
  choice.recommend("http", "the engine says healed", 0);
  assert.equal(duties(1_000_000), "all none");
});
