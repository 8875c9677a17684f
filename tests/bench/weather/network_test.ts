import assert from "node:assert/strict";
import type { Figure } from "../figures.ts";
import { idealMs, limitMs, networks, scaled } from "./network.ts";
import type { Network } from "./network.ts";
import { table } from "./table.ts";

const named = (name: string) => networks.find((network) => network.name === name)!;

/** At 1,000 B/s over HTTP, then over MQTT; a round trip of 20 ms. */
const turned: Network = {
  name: "turned",
  summary: "",
  imageBytes: 3_000,
  phases: [
    { fromMs: 0, http: { delayMs: 10, bytesPerS: 1_000 }, mqtt: { delayMs: 10, state: "dead" } },
    { fromMs: 1_080, http: { bytesPerS: 100 }, mqtt: { bytesPerS: 500 } },
  ],
};

Deno.test("idealMs() is some round trips, and the bytes at the better rate of each time", () => {
  assert.equal(idealMs(turned), 80 + 1_000 + 4_000);
  assert.equal(idealMs({ ...turned, imageBytes: 500 }), 80 + 500);
  assert.equal(limitMs({ ...turned, patience: 3 }), 3 * idealMs(turned));
});

Deno.test("scaled() makes an image and its changes smaller alike", () => {
  const { imageBytes, phases } = scaled(turned, 1 / 2);
  assert.deepEqual([imageBytes, phases.map(({ fromMs }) => fromMs)], [1_500, [0, 540]]);
});

Deno.test("every network is ideal for 20 s to 37 s, so that a switch of some seconds shows", () => {
  for (const network of networks) {
    const ideal = idealMs(network);
    assert.ok(ideal >= 20_000 && ideal <= 37_000, `${network.name}: ${ideal}`);
    assert.equal(named(network.name), network, "no name is given twice");
  }
});

Deno.test("table() shows side by side what is compared, and marks what did not end", () => {
  const figure = (name: string, ...values: number[]): Figure => ({ name, unit: "", values });
  const figures = ["http", "mqtt", "auto"].flatMap((mode, n) => [
    figure(`slow, ${mode}, bytes ÷ image`, 1 + n, 1 + n),
    figure(`slow, ${mode}, time ÷ ideal`, 2 - n / 2, 2 - n / 2),
    figure(`slow, ${mode}, switches`, n, n),
    figure(`slow, ${mode}, ended`, n === 0 ? 0 : 1, 1),
  ]);
  const [, , row, ...more] = table([...figures, figure("slow, auto ÷ the better", 1, 2)]);
  const expected = ["1.00", "2.00", "3.00", "> 2.00", "1.50", "1.00", "2.00", "1.00"];
  assert.deepEqual([row, more], [["slow", ...expected, "1.00 to 2.00"], []]);
});
