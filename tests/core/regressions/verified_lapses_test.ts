/**
 * Found by seed 86 of the simulator (I6): a device that installs without having confirmed `verified` was
 * told again to go on to install, also after its reboot.
 */
import assert from "node:assert/strict";
import { bench } from "../support/bench_engine.ts";
import { IMAGE } from "../support/given.ts";
import { listen, order, PUMP, says, told } from "../support/stories.ts";

Deno.test("Engine: a device that installs is told no more to go on to install", async () => {
  for (const status of ["installing", "rebooting"]) {
    const b = await bench();
    const id = await order(b, "2.0.0", { completion: "booted" });
    await listen(b);
    await says(b, ["verify", { checksum: IMAGE }]);
    assert.deepEqual(told(b), [`metadata ${id}`, `verified ${id}`]);
    await listen(b);
    assert.deepEqual(told(b), [`verified ${id}`], "not confirmed: said again");
    await says(b, ["status", { status }]);
    await listen(b);
    assert.deepEqual(told(b), [], `known to a device that is ${status}`);
    assert.deepEqual(b.store.devices.get(PUMP)?.owed, []);
  }
});
