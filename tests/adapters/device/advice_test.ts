import assert from "node:assert/strict";
import { Advice } from "../../../adapters/device/advice.ts";
import type { Metadata } from "../../../core/mod.ts";

const offer = (chunk_bytes: number, transport = "http") => ({ chunk_bytes, transport }) as Metadata;

const asked: [chunk: number, recommended: number | undefined, http: number, mqtt: number][] = [
  [524_288, undefined, 524_288, 65_536],
  [4_096, undefined, 4_096, 4_096],
  [524_288, 16_384, 16_384, 16_384],
  // Over HTTP a chunk is the most; over MQTT a part may be as long as the protocol has it.
  [4_096, 16_384, 4_096, 16_384],
  [16_777_216, 1_048_576, 1_048_576, 131_072],
  [16_777_216, 100, 100, 256],
];

for (const [chunk, recommended, http, mqtt] of asked) {
  const told = recommended === undefined ? "without advice" : `told ${recommended}`;
  Deno.test(`askBytes() with chunks of ${chunk}, ${told}, is ${http} or ${mqtt}`, () => {
    const advice = new Advice();
    if (recommended !== undefined) advice.heard({ transport: "mqtt", chunk_bytes: recommended });
    const metadata = offer(chunk);
    const bytes = [advice.askBytes("http", metadata), advice.askBytes("mqtt", metadata)];
    assert.deepEqual(bytes, [http, mqtt]);
  });
}

Deno.test("Advice takes what it is told, and leaves as it was what makes no sense", () => {
  const advice = new Advice();
  const figures = () => [advice.transport, advice.inFlight, advice.heartbeatMs];
  assert.deepEqual(figures(), ["http", 4, 1_000]);
  const told = { transport: "mqtt", chunks_in_flight: 8, heartbeat_seconds: 30, reason: "slow" };
  assert.equal(advice.heard(told), "the engine says slow");
  assert.deepEqual(figures(), ["mqtt", 8, 30_000]);
  const nonsense = { transport: "coap", chunks_in_flight: 0, heartbeat_seconds: "1" };
  assert.equal(advice.heard(nonsense), "the engine says so");
  assert.deepEqual(figures(), ["mqtt", 8, 30_000]);
  advice.heard({ chunks_in_flight: 1_000_000, heartbeat_seconds: 1e9 });
  assert.deepEqual(figures(), ["mqtt", 32, 3_600_000]);
});

Deno.test("offered() says whether an offer recommends something else", () => {
  const advice = new Advice();
  const offers = [offer(1), offer(1, "mqtt"), offer(1, "mqtt"), offer(1, "none"), offer(1, "http")];
  assert.deepEqual(offers.map((it) => advice.offered(it)), [false, true, false, false, true]);
});
