import assert from "node:assert/strict";
import type { DeviceLink } from "../../../adapters/device/link.ts";
import type { DeviceFaults } from "../../../adapters/device/mod.ts";
import { Voice } from "../../../adapters/device/voice.ts";

type Said = [kind: string, what: unknown, id?: unknown];

/** What goes over the link when this is said. */
async function heard(faults: DeviceFaults, ...words: [kind: string, what: string][]) {
  const said: Said[] = [];
  const link = {
    report: (kind: string, { status, received, id }: Record<string, unknown>) =>
      Promise.resolve(void said.push([kind, status ?? received, id])),
  } as unknown as DeviceLink;
  const voice = new Voice(faults);
  for (const [kind, what] of words) {
    const payload = kind === "status" ? { status: what } : { received: what };
    await voice.say(link, kind as "status", payload);
  }
  return said;
}

const plain = (said: Said[]) => said.map(([kind, what]) => what === undefined ? kind : what);

Deno.test("Voice says each report at once and once", async () => {
  const said = await heard({}, ["progress", "1"], ["verify", ""], ["status", "booted"]);
  assert.deepEqual(said, [
    ["progress", "1", undefined],
    ["verify", "", undefined],
    ["status", "booted", undefined],
  ]);
});

Deno.test("Voice that says everything twice does so under one id", async () => {
  const said = await heard({ reportsTwice: true }, ["progress", "1"], ["status", "booted"]);
  assert.deepEqual(plain(said), ["1", "1", "booted", "booted"]);
  const ids = said.map(([, , id]) => id);
  assert.ok(ids[0] !== undefined && ids[0] === ids[1] && ids[2] === ids[3] && ids[0] !== ids[2]);
});

Deno.test("Voice that is out of order says old progress after the digest, booted before rebooting", async () => {
  const said = await heard(
    { outOfOrder: true },
    ["progress", "1"],
    ["progress", "2"],
    ["verify", "digest"],
    ["status", "installing"],
    ["status", "rebooting"],
    ["status", "booted"],
  );
  assert.deepEqual(plain(said), ["1", "digest", "2", "installing", "booted", "rebooting"]);
});
