/** How it is best fetched: chunks, how many at once, and how often the device is heard. */
import assert from "node:assert/strict";
import { firstRecommendation, recommend, unknownQuality } from "../../core/network/mod.ts";
import type { Quality, Recommendation } from "../../core/network/mod.ts";
import { at, KIB, MIB, standing, well } from "./support/known_qualities.ts";

Deno.test("recommend() adjusts chunks by what moves for long, and seldom", () => {
  const before: Recommendation = { ...standing, at: at - 60_000, chunkBytes: 64 * KIB };
  const slower = (steadyBytesPerS: number): Quality => ({ ...well, steadyBytesPerS });
  const rows: readonly [string, Quality, Partial<Recommendation>, number | undefined][] = [
    ["a quarter", slower(16 * KIB - 1), {}, 16 * KIB],
    ["a quarter, and a byte", slower(16 * KIB), {}, undefined],
    ["an eighth", slower(4 * KIB), {}, 8 * KIB],
    ["less than a minute ago", slower(8 * KIB), { at: at - 59_999 }, undefined],
    ["four times", slower(64 * KIB), { chunkBytes: 32 * KIB }, 128 * KIB],
    ["twice", slower(MIB), {}, undefined],
    ["a pause", { ...well, bytesPerS: 12_000 }, {}, undefined],
    ["unknown", { ...unknownQuality, at }, { chunkBytes: 4 * KIB }, undefined],
    ["forgotten", { ...well, measuredAt: at - 300_001 }, { chunkBytes: 4 * KIB }, undefined],
  ];
  for (const [name, http, other, chunkBytes] of rows) {
    const old = { ...before, ...other };
    const next = recommend(old, { http, mqtt: well, isListening: true, home: "http" }, at);
    if (chunkBytes === undefined) assert.equal(next, old, name);
    else {
      assert.equal(next.chunkBytes, chunkBytes, name);
      const { transport, switchedAt, hops } = old;
      assert.deepEqual(
        { ...next, chunkBytes, inFlight: 0, heartbeatS: 0 },
        {
          transport,
          switchedAt,
          hops,
          chunkBytes,
          inFlight: 0,
          heartbeatS: 0,
          reason: "adjusted",
          at,
        },
      );
    }
  }
});

/** How it is fetched over a transport of that quality, once that is switched to. */
function planFor(quality: Quality): [chunkKiB: number, inFlight: number, heartbeatS: number] {
  const before: Recommendation = { ...standing, transport: "mqtt" };
  const measured = { http: quality, mqtt: well, isListening: false, home: "mqtt" } as const;
  const { chunkBytes, inFlight, heartbeatS } = recommend(before, measured, at);
  return [chunkBytes / KIB, inFlight, heartbeatS];
}

Deno.test("recommend() fits chunks to what moves in 2 s, and fills the path with them", () => {
  const steady = (steadyBytesPerS: number, more: Partial<Quality> = {}): Quality => ({
    ...well,
    steadyBytesPerS,
    bytesPerS: steadyBytesPerS,
    ...more,
  });
  const rows: readonly [string, Quality, ReturnType<typeof planFor>][] = [
    ["unknown", unknownQuality, [64, 4, 15]],
    ["forgotten", { ...well, at: at - 300_001 }, [64, 4, 15]],
    ["unknown, but shaky", { ...unknownQuality, trust: 499, at }, [32, 2, 15]],
    ["unknown, and bad", { ...unknownQuality, trust: 449, at }, [32, 2, 5]],
    ["not quite shaky", { ...unknownQuality, trust: 500, at }, [64, 4, 15]],
    ["only moves", { ...well, rttMs: null }, [128, 4, 15]],
    ["only answers", { ...well, bytesPerS: null, steadyBytesPerS: null }, [64, 4, 15]],
    ["dead", steady(0), [4, 1, 5]],
    ["64 kbit/s", steady(8_000), [8, 2, 5]],
    ["64 kbit/s, behind its own chunks", steady(8_000, { rttMs: 32_000 }), [8, 3, 5]],
    ["32 KiB/s", steady(32 * KIB), [64, 2, 15]],
    ["32 KiB/s, less a byte", steady(32 * KIB - 1), [32, 2, 15]],
    ["10 MB/s", steady(10_000_000), [128, 5, 15]],
    ["10 MB/s, far away", steady(10_000_000, { rttMs: 600 }), [128, 16, 15]],
    ["10 MB/s, shaky", steady(10_000_000, { trust: 499 }), [128, 2, 15]],
    ["48 KiB/s", steady(48 * KIB), [64, 2, 15]],
    ["48 KiB/s, shaky", steady(48 * KIB, { trust: 499 }), [32, 2, 15]],
  ];
  for (const [name, quality, expected] of rows) assert.deepEqual(planFor(quality), expected, name);
});

Deno.test("firstRecommendation() is what the device asked for, as for anything unknown", () => {
  for (const home of ["http", "mqtt"] as const) {
    assert.deepEqual(firstRecommendation(home), {
      transport: home,
      chunkBytes: 65_536,
      inFlight: 4,
      heartbeatS: 15,
      reason: "first",
      at: 0,
      switchedAt: 0,
      hops: 0,
    });
  }
});
