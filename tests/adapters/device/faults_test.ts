import assert from "node:assert/strict";
import { Faults } from "../../../adapters/device/faults.ts";
import type { DeviceFaults } from "../../../adapters/device/mod.ts";

const SIZE = 1_000;

const stops: [faults: DeviceFaults, offset: number, length: number, stop?: [number, string]][] = [
  [{}, 0, SIZE],
  [{ cutAt: 450 }, 400, 100, [50, "cut"]],
  [{ cutAt: 450 }, 0, 400],
  [{ cutAt: 400 }, 0, 400, [400, "cut"]],
  [{ cutAt: 500, restartAt: 450 }, 400, 400, [50, "restart"]],
  [{ switchAt: 0 }, 0, 400, [0, "switch"]],
  [{ silentAfter: "downloading" }, 400, 400, [100, "silence"]],
];

for (const [faults, offset, length, stop] of stops) {
  const told = `${JSON.stringify(faults)}, ${length} bytes from ${offset} on`;
  Deno.test(`stopWithin() finds ${stop ?? "nothing"} with ${told}`, () => {
    const found = new Faults(faults).stopWithin(offset, length, SIZE);
    assert.deepEqual(found && [found.taken, found.interruption.how], stop);
  });
}

Deno.test("stopWithin() finds each thing once", () => {
  const faults = new Faults({ cutAt: 100, restartAt: 100 });
  const how = () => faults.stopWithin(0, 400, SIZE)?.interruption.how;
  assert.deepEqual([how(), how(), how()], ["cut", "restart", undefined]);
});

Deno.test("warnings() name what an image is too small for, once", () => {
  const faults = new Faults({ corruptChunk: 4, cutAt: 1_001, switchAt: 1_000, restartAt: 2_000 });
  assert.deepEqual(faults.warnings(SIZE, 256), [
    "There is no chunk 4 to store wrongly: the image has 4 chunks, from 0 to 3.",
    "Nothing happens at byte 1001 (the connections are lost): the image has 1000 bytes.",
    "Nothing happens at byte 2000 (power is lost): the image has 1000 bytes.",
  ]);
  assert.deepEqual(faults.warnings(SIZE, 256), []);
});

Deno.test("claim() is what was stored, unless the device lies", () => {
  const claim = (faults: DeviceFaults) => new Faults(faults).claim("stored", "wanted");
  assert.equal(claim({}), "stored");
  assert.equal(claim({ lie: "right-digest" }), "wanted");
  const [one, other] = [claim({ lie: "wrong-digest" }), claim({ lie: "wrong-digest" })];
  assert.match(one, /^sha256:[0-9a-f]{64}$/);
  assert.notEqual(one, other);
});
