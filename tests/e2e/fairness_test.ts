/** Rates over real HTTP: a fleet that comes back at once, and a device that fetches more than its share. */
import assert from "node:assert/strict";
import { stampede } from "../bench/crowd/stampede.ts";
import { inHouse, randomImage, soon } from "./house.ts";
import type { Stage } from "./house.ts";

const KIB = 1_024;

/** Every way to the bytes of an image, each in one part or several. */
function waysTo(url: string, checksum: string, version: string, chunks: number): string[][] {
  const artifact = `${url}/artifacts/${checksum.slice("sha256:".length)}`;
  return [
    [artifact],
    [`${artifact}/${version}.bin`],
    [`${url}/firmware/${version}.bin`],
    Array.from({ length: chunks }, (_, n) => `${artifact}/chunks/${n}?size=32`),
  ];
}

Deno.test("a fleet that comes at once is served at its rate, each device when it was told", async () => {
  const [count, size, perSecond] = [240, 96 * KIB, 40];
  await inHouse(async (stage: Stage) => {
    const checksum = await stage.upload("2.0.0", randomImage(size));
    const ways = waysTo(stage.house.httpUrl, checksum, "2.0.0", 3);
    const comers = await Promise.all(Array.from({ length: count }, async (_, n) => {
      const token = await stage.register(`pump-${n}`);
      await stage.order(`pump-${n}`, "2.0.0", checksum);
      return { token, urls: ways[n % ways.length]! };
    }));
    const { seconds, asked, bytes } = await soon(stampede(comers, "as told"), "the last", 60_000);
    assert.ok(bytes.every((got) => got === size));
    // Nobody asks a third time, and nobody waits in the middle of its chunks.
    assert.ok(asked.every((times) => times <= 2), `${asked}`);
    const atOnce = asked.filter((times) => times === 1).length;
    assert.ok(atOnce >= perSecond && atOnce < count / 2, `${atOnce} were served at once`);
    // At the rate it takes as long as this, less the burst; a slow machine takes longer.
    assert.ok(seconds.length >= count / perSecond - 2, `served within ${seconds.length} s`);
    const [first, ...later] = seconds.map(({ asked }) => asked);
    assert.ok(first! >= count / 2, `${first} came at first`);
    assert.ok(later.every((comers) => comers < count / 2), `then came ${later}`);
    const metrics = await (await fetch(`${stage.house.httpUrl}/metrics`, {
      headers: { authorization: `Bearer ${stage.house.operator.token}` },
    })).text();
    assert.match(metrics, new RegExp(`^otalog_sent_away_total ${count - atOnce}$`, "m"));
  }, { rates: { fleetBytesPerS: perSecond * size } });
});

Deno.test("a device over its rate is told when to come back, whichever way it asks; others do not notice", async () => {
  const size = 64 * KIB;
  await inHouse(async (stage: Stage) => {
    const { httpUrl } = stage.house;
    const first = waysTo(httpUrl, await stage.upload("1.0.0", randomImage(size)), "1.0.0", 2);
    const second = waysTo(httpUrl, await stage.upload("2.0.0", randomImage(size)), "2.0.0", 2);
    const [greedy, other] = [await stage.register("greedy"), await stage.register("other")];
    const ask = (token: string, url: string, more: RequestInit = {}) =>
      fetch(url, { ...more, headers: { authorization: `Bearer ${token}` } });
    assert.equal((await (await ask(greedy, first[0]![0]!)).bytes()).length, size);
    for (const [url] of second) {
      const answer = await ask(greedy, url!);
      const waitS = Number(answer.headers.get("retry-after"));
      // An image takes 64 s at its rate, and up to a quarter more to spread those who began together.
      assert.ok(answer.status === 503 && waitS > 55 && waitS <= 80, `${answer.status}, ${waitS} s`);
      assert.deepEqual(await answer.json(), {
        status: 503,
        title: "Not available now",
        detail: `It is not your turn yet. Ask again in ${waitS} s.`,
      });
      // What costs no bytes is answered.
      if (!url!.includes("chunks")) {
        assert.equal((await ask(greedy, url!, { method: "HEAD" })).status, 200);
      }
    }
    // What it began it may fetch again; another device is served at once.
    assert.equal((await (await ask(greedy, first[0]![0]!)).bytes()).length, size);
    for (const url of second[3]!) {
      assert.equal((await (await ask(other, url)).bytes()).length, size / 2);
    }
  }, { rates: { deviceBytesPerS: KIB }, openArtifacts: true });
});
