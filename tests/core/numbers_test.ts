import assert from "node:assert/strict";
import { isChunkable, receivedBytes, wishedChunkBytes } from "../../core/device/numbers.ts";
import { nextTaskName } from "../../core/engine/names.ts";
import { Cache } from "../../core/engine/cache.ts";
import { EngineTime } from "../../core/engine/time.ts";

Deno.test("receivedBytes() reads bytes, chunks and percent, and refuses what cannot be", () => {
  const size = 10_001;
  const table: [object, number | undefined][] = [
    [{ received: 0 }, 0],
    [{ received: size }, size],
    [{ received: 12.9 }, 12],
    [{ received: size + 1 }, undefined],
    [{ received: -1 }, undefined],
    [{ received: Infinity }, undefined],
    [{ percent: 50 }, 5_000],
    [{ percent: 100 }, size],
    [{ percent: 100.1 }, undefined],
    [{ chunk: 0 }, 4_096],
    [{ chunk: 2 }, size],
    [{ chunk: 2, total: 3 }, size],
    [{ chunk: 2, total: 4 }, undefined],
    [{ chunk: 3 }, undefined],
    [{ chunk: 0.5 }, undefined],
  ];
  for (const [said, bytes] of table) {
    assert.equal(receivedBytes(said, size, 4_096), bytes, JSON.stringify(said));
  }
});

Deno.test("wishedChunkBytes() takes powers of two, over HTTP any whole KiB", () => {
  const table: [object, number | null | undefined, number | null | undefined][] = [
    [{}, null, null],
    [{ chunk_size: 4 }, 4_096, 4_096],
    [{ chunk_size: 3 }, undefined, 3_072],
    [{ chunk_bytes: 256 }, 256, 256],
    [{ chunk_bytes: 128 }, undefined, undefined],
    [{ chunk_bytes: 300 }, undefined, undefined],
    [{ chunk_bytes: 512, chunk_size: 4 }, 512, 512],
    [{ chunk_size: 16_384 }, 16_777_216, 16_777_216],
    [{ chunk_size: 16_385 }, undefined, undefined],
    [{ chunk_size: 0.5 }, 512, 512],
    [{ chunk_bytes: NaN }, undefined, undefined],
  ];
  for (const [wish, mqtt, http] of table) {
    assert.equal(wishedChunkBytes(wish, "mqtt"), mqtt, JSON.stringify(wish));
    assert.equal(wishedChunkBytes(wish, "http"), http, JSON.stringify(wish));
  }
  assert.equal(isChunkable(65_536 * 256, 256), true);
  assert.equal(isChunkable(65_536 * 256 + 1, 256), false);
});

Deno.test("nextTaskName() counts for ever, and anew each day", () => {
  const day = Date.UTC(2023, 7, 1);
  let last = nextTaskName(null, day)!;
  assert.deepEqual(last, { number: 1_000_001, id: "OTA_20230801_001" });
  for (let n = 2; n <= 1_000; n++) last = nextTaskName(last, day + n)!;
  assert.deepEqual(last, { number: 1_001_000, id: "OTA_20230801_1000" });
  assert.deepEqual(nextTaskName(last, day + 86_400_000), {
    number: 1_001_001,
    id: "OTA_20230802_001",
  });
  assert.equal(nextTaskName({ number: 2_147_483_647, id: "OTA_20230801_001" }, day), undefined);
});

Deno.test("nextTaskName() leaves out what a lost part of the log may have given out, of any day", () => {
  const day = Date.UTC(2023, 7, 1);
  const last = { number: 1_000_003, id: "OTA_20230801_003" };
  const next = nextTaskName(last, day, 1)!;
  assert.deepEqual(next, { number: 2_000_004, id: "OTA_20230801_1000004" });
  assert.deepEqual(nextTaskName(last, day, 2)?.id, "OTA_20230801_2000004");
  assert.deepEqual(nextTaskName(next, day)?.id, "OTA_20230801_1000005");
  const later = day + 86_400_000;
  assert.deepEqual(nextTaskName(last, later, 1)?.id, "OTA_20230802_1000001");
  assert.deepEqual(nextTaskName(next, later)?.id, "OTA_20230802_1000001");
  assert.deepEqual(nextTaskName(next, later, 1)?.id, "OTA_20230802_2000001");
  assert.deepEqual(nextTaskName(null, day, 1), { number: 2_000_001, id: "OTA_20230801_1000001" });
});

Deno.test("nextTaskName() gives no number or id that is too long, also after a restore", () => {
  const day = Date.UTC(2023, 7, 1);
  const number = 2_147_483_647 - 1_000_001;
  const id = "OTA_20230801_001";
  assert.equal(nextTaskName({ number, id }, day, 1)?.number, 2_147_483_647);
  assert.equal(nextTaskName({ number: number + 1, id }, day, 1), undefined);
  const counted = (count: number) => ({ number: 7_000_000, id: `OTA_20230801_${count}` });
  assert.equal(nextTaskName(counted(998_999_998), day, 1)?.id, "OTA_20230801_999999999");
  assert.equal(nextTaskName(counted(998_999_999), day, 1), undefined);
});

Deno.test("EngineTime begins after the last row, never goes back and follows steps forward only", () => {
  let [wall, monotonic] = [1_000_000, 50.5];
  const clock = {
    wall: () => wall,
    monotonic: () => monotonic,
    soon: () => {},
    after: () => () => {},
  };
  const pass = (ms: number) => {
    wall += ms;
    monotonic += ms;
  };
  const late = new EngineTime(clock, 2_000_000);
  assert.equal(late.now(), 2_000_000);
  const time = new EngineTime(clock, 0);
  pass(100);
  assert.equal(time.now(), 1_000_100);
  assert.equal(time.followStep(), 0);
  wall -= 500_000;
  assert.equal(time.followStep(), -500_000);
  assert.equal(time.now(), 1_000_100);
  pass(1_000);
  assert.equal(time.now(), 1_001_100);
  wall += 600_000;
  assert.equal(time.followStep(), 600_000);
  assert.equal(time.now(), wall);
  assert.equal(time.steppedMs, 100_000);
  wall += 7_000;
  assert.equal(time.followStep(), 7_000);
  time.stepRecorded(100_000);
  assert.equal(time.steppedMs, 7_000, "it stepped again while the first steps were written");
  wall += 4_000;
  assert.equal(time.followStep(), 0);
});

Deno.test("Cache forgets what was used longest ago", () => {
  const cache = new Cache<number>(2);
  cache.set("a", 1);
  cache.set("b", 2);
  cache.get("a");
  cache.set("c", 3);
  assert.deepEqual([cache.get("a"), cache.get("b"), cache.get("c")], [1, undefined, 3]);
  cache.clear();
  assert.equal(cache.get("a"), undefined);
});
